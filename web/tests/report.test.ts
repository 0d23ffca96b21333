// What a page tells the server of itself.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Report } from "../view/report";

const calls: [string, Record<string, unknown>][] = [];
const result = { content: [], _meta: { "dev.toolface/widget": { tree: { type: "Card" } }, "dev.toolface/call": 7 } };
let report: Report;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  calls.length = 0;
  report = new Report(
    async (name, args) => {
      calls.push([name, args]);
      throw new Error("refused");
    },
    () => "get_order",
  );
});
afterEach(() => vi.useRealTimers());

test("initialized waits for the result it belongs to, and both are told once", async () => {
  report.initialized();
  expect(calls).toEqual([]);
  report.about(result);
  report.drawn();
  report.drawn();
  await vi.waitFor(() => expect(calls.length).toBe(2));
  expect(calls).toEqual([
    ["toolface_seen", { event: "initialized", milliseconds: expect.any(Number), tool: "get_order", call: 7 }],
    ["toolface_seen", { event: "painted", milliseconds: expect.any(Number), tool: "get_order", call: 7 }],
  ]);
});

test("without a result it is told all the same, later", () => {
  report.initialized();
  vi.advanceTimersByTime(2_000);
  expect(calls).toEqual([["toolface_seen", { event: "initialized", milliseconds: expect.any(Number), tool: "get_order" }]]);
});

test("every press is told, of whatever result is shown", () => {
  report.about(result);
  report.action("order.track");
  report.about({ content: [] });
  report.action("order.open");
  expect(calls.map(([, args]) => args)).toEqual([
    { event: "action", action: "order.track", tool: "get_order", call: 7 },
    { event: "action", action: "order.open", tool: "get_order" },
  ]);
});
