// The parts of the studio that only reckon: what stands together on the overview, the difference of two texts, paths.

import { expect, test } from "vitest";
import type { ToolEntry, WidgetEntry } from "../studio/api/types";
import { fit } from "../studio/app/palette";
import { difference } from "../studio/parts/code";
import { written } from "../studio/parts/json";
import { blocks, heightOf } from "../studio/pages/overview/blocks";

const tool = (name: string, ...widgets: string[]): ToolEntry => ({ name, title: name, description: "", widgets, visibility: ["model", "app"], readOnly: true, file: null, builtin: false, inputs: 0 });
const widget = (name: string): WidgetEntry => ({ name, title: name, id: name, file: `widgets/${name}.widget`, tools: [], actions: [] });
const names = (list: { name: string }[]) => list.map(({ name }) => name);

test("tools that share a widget stand together, with all their widgets", () => {
  const made = blocks([tool("a", "x", "y"), tool("b", "z"), tool("c", "y")], ["x", "y", "z", "alone"].map(widget));
  expect(made.map((block) => [names(block.tools), names(block.widgets)])).toEqual([
    [["a", "c"], ["x", "y"]],
    [["b"], ["z"]],
    [[], ["alone"]],
  ]);
});

test("a thousand tools of one widget are many blocks of few, each tool once", () => {
  const tools = Array.from({ length: 1000 }, (_, n) => tool(`t${n}`, "w"));
  const made = blocks(tools, [widget("w")]);
  expect(made.flatMap((block) => names(block.tools)).toSorted()).toEqual(names(tools).toSorted());
  expect(Math.max(...made.map(heightOf))).toBeLessThan(700);
  expect(new Set(names(made)).size).toBe(made.length);
  expect(made.filter((block) => !block.continued).length).toBe(1);
});

test("a tool of a hundred variants shows every widget once", () => {
  const widgets = Array.from({ length: 100 }, (_, n) => widget(`w${n}`));
  const made = blocks([tool("a", ...names(widgets)), tool("b", "w3")], widgets);
  expect(made.filter((block) => !block.continued || block.tools.length === 0).flatMap((block) => names(block.widgets)).toSorted()).toEqual(names(widgets).toSorted());
  expect(made.flatMap((block) => names(block.tools))).toEqual(["a", "b"]);
});

test("tools without a widget are kept, and a widget that is not there is no fault here", () => {
  const made = blocks([tool("a"), tool("b", "gone")], []);
  expect(made.flatMap((block) => names(block.tools)).toSorted()).toEqual(["a", "b"]);
});

test("a difference is both texts, told apart, with their own line numbers", () => {
  const before = "a\nb\nc\nd\ne";
  const after = "a\nx\nc\ne\nf";
  const lines = difference(before, after);
  expect(lines.filter(({ kind }) => kind !== "add").map(({ text }) => text).join("\n")).toBe(before);
  expect(lines.filter(({ kind }) => kind !== "cut").map(({ text }) => text).join("\n")).toBe(after);
  expect(lines.filter(({ kind }) => kind === "same").map(({ text, before: b, after: a }) => [text, b, a])).toEqual([["a", 1, 1], ["c", 3, 3], ["e", 5, 4]]);
  expect(difference("same", "same").every(({ kind }) => kind === "same")).toBe(true);
});

test("paths are as one writes them", () => {
  expect(written(["data", "items", 0, "unit price", "ä"])).toBe('data.items[0]["unit price"].ä');
});

test("the start of a word fits better than its middle, and letters in order are better than none", () => {
  expect(fit("Order status", "order")).toBeGreaterThan(fit("Get order", "order"));
  expect(fit("Get order", "order")).toBeGreaterThan(fit("Reorder", "order"));
  expect(fit("Reorder", "order")).toBeGreaterThan(fit("old red", "oder"));
  expect(fit("xyz", "order")).toBe(0);
});
