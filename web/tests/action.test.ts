import { expect, test } from "vitest";
import type { Accepted } from "../shared/contract";
import { argumentsFor, sentence, withForm } from "../view/action";

const bound = (accepts: { [name: string]: Accepted }, named: { [name: string]: string } = {}) => ({ tool: "t", arguments: named, accepts });

test("typed fields reach a tool as its arguments take them", () => {
  const accepts = { amount: "number", on: "boolean", day: "filled", note: "text", list: "other" } as const;
  expect(argumentsFor(bound(accepts), { amount: "4.5", on: "true", day: "2026-12-01", note: "", list: [1], other: "x" })).toEqual({
    amount: 4.5, on: true, day: "2026-12-01", note: "", list: [1],
  });
});

test("an empty field that cannot be said is not said", () => {
  expect(argumentsFor(bound({ amount: "number", on: "boolean", day: "filled" }), { amount: " ", on: "", day: "" })).toEqual({});
});

test("what is no number is left to the tool to refuse, digits are never lost", () => {
  for (const amount of ["four", "1e999", "12345678901234567890"]) {
    expect(argumentsFor(bound({ amount: "number" }), { amount })).toEqual({ amount });
  }
});

test("named arguments take their field, however deep", () => {
  const accepts = { n: "number", name: "text" } as const;
  expect(argumentsFor(bound(accepts, { n: "order.size", name: "a.b" }), { order: { size: "3" }, "a.b": "c", n: "9" })).toEqual({ n: 3, name: "c" });
});

test("what the payload has wins over the form", () => {
  expect(withForm({ id: 1, at: { x: 1 } }, { id: "2", at: { x: "5", y: "6" } })).toEqual({ id: 1, at: { x: 1, y: "6" } });
});

test("the chat is told what was chosen, without empty fields", () => {
  const said = sentence({ type: "visit.ask" }, { day: "Monday", note: "" }, "Visit", "Ask");
  expect(said).toBe('I chose “Ask” (visit.ask) in “Visit”, with day = "Monday".');
});
