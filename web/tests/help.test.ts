// What the editor of templates offers: names of loops, of the schema, of what was set.

import { describe, expect, test } from "vitest";
import { fieldsAt } from "../studio/edit/help";
import { spotAt } from "../studio/edit/template";

const SCHEMA = JSON.stringify({
  type: "object",
  properties: {
    title: { type: "string" },
    steps: { type: "array", items: { $ref: "#/$defs/step" } },
  },
  $defs: { step: { type: "object", properties: { name: { type: "string" }, by: { anyOf: [{ type: "null" }, { type: "object", properties: { mail: { type: "string" } } }] } } } },
});
const at = (marked: string) => fieldsAt(marked.replace("|", ""), marked.indexOf("|"), { title: "x", extra: 1 }, SCHEMA);

describe("names in a template", () => {
  test("come from schema and data, nested ones too", () => {
    expect(at("{{ |")).toEqual(expect.arrayContaining(["title", "steps", "extra"]));
    expect(at("{{ |")).not.toContain("loop.index");
  });

  test("a loop has its own, under the name it gives, until it ends", () => {
    const within = at('{% for step in steps %}{"type": "Text", "value": {{ |');
    expect(within).toEqual(expect.arrayContaining(["step.name", "step.by.mail", "loop.index", "title"]));
    expect(at("{% for step in steps %}x{% endfor %}{{ |")).not.toContain("step.name");
    expect(at("{%- for step in steps -%}{% for other in steps %}{% endfor %}{{ |")).toContain("step.name");
  });

  test("what was set is there", () => expect(at("{% set total = 3 %}{{ |")).toContain("total"));
});

test("the way to a place of a document", () => {
  const marked = '{"a": {"list": [{"b": "|"}]}}';
  const spot = spotAt(marked.replace("|", ""), marked.indexOf("|"));
  expect([spot.what, spot.name, spot.path]).toEqual(["value", "b", ["a", "list", undefined]]);
});
