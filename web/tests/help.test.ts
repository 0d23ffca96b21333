// What the editor of templates offers: names of loops, of the schema, of what was set.

import { describe, expect, test } from "vitest";
import { CompletionContext } from "@codemirror/autocomplete";
import { EditorState } from "@codemirror/state";
import { about, completeData, completeSchema, fieldsAt, type Table } from "../studio/edit/help";
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

  test("what a loop's name hid is there again after it", () => {
    expect(at("{% for title in steps %}{% endfor %}{{ |")).toContain("title");
    expect(at("{% for s in steps %}{% for s in steps %}{% endfor %}{{ |")).toContain("s.name");
  });

  test("a path with an index is followed, a pair of names is known, a comment says nothing", () => {
    const nested = JSON.stringify({ properties: { rows: { type: "array", items: { properties: { parts: { type: "array", items: { properties: { size: {} } } } } } } } });
    const marked = "{% for p in rows[0].parts %}{{ ";
    expect(fieldsAt(marked, marked.length, {}, nested)).toContain("p.size");
    expect(at("{% for key, value in steps.items() %}{{ |")).toEqual(expect.arrayContaining(["key", "value"]));
    expect(at("{# {% for x in steps %} #}{{ |")).not.toContain("x.name");
  });

  test("what was set is there", () => expect(at("{% set total = 3 %}{{ |")).toContain("total"));
});

test("the way to a place of a document", () => {
  const marked = '{"a": {"list": [{"b": "|"}]}}';
  const spot = spotAt(marked.replace("|", ""), marked.indexOf("|"));
  expect([spot.what, spot.name, spot.path]).toEqual(["value", "b", ["a", "list", undefined]]);
});

describe("completion in a document", () => {
  const labels = (complete: (context: CompletionContext) => ReturnType<typeof completeSchema>, marked: string) => {
    const place = marked.indexOf("|");
    const context = new CompletionContext(EditorState.create({ doc: marked.replace("|", "") }), place, true);
    return complete(context)?.options.map(({ label }) => label) ?? [];
  };

  test("a schema has keywords, types and formats, and names of its own", () => {
    expect(labels(completeSchema, '{"|"}')).toContain("properties");
    expect(labels(completeSchema, '{"type": "|"}')).toContain("integer");
    expect(labels(completeSchema, '{"type": ["|"]}')).toContain("null");
    expect(labels(completeSchema, '{"properties": {"|"}}')).toEqual([]);
    expect(labels(completeSchema, '{"properties": {"properties": {"|"}}}')).toContain("format");
    expect(labels(completeSchema, '{"$defs": {"a": {"format": "|"}}}')).toContain("date");
  });

  test("data has the members and values of its schema", () => {
    const schema = JSON.stringify({ properties: { steps: { type: "array", items: { properties: { state: { enum: ["open", "done"] } } } } } });
    const complete = completeData(() => schema);
    expect(labels(complete, '{"|"}')).toEqual(["steps"]);
    expect(labels(complete, '{"steps": [{"|"}]}')).toEqual(["state"]);
    expect(labels(complete, '{"steps": [{"state": "|"}]}')).toEqual(["open", "done"]);
  });
});

test("icons and colours are explained, too", () => {
  const badge = { name: "Badge", root: false, children: "none" as const, props: [{ name: "icon", type: "icon" }, { name: "color", type: "color:text", values: ["danger"] }] };
  const table: Table = { components: [badge], icons: ["map-pin"], tokens: {} };
  const said = (marked: string) => about(table, marked.replace("|", ""), marked.indexOf("|"))?.title;
  expect(said('{"type": "Badge", "icon": "map|-pin"}')).toBe("map-pin: an icon of ChatKit");
  expect(said('{"type": "Badge", "icon": "lucide:he|art"}')).toBe("lucide:heart: an icon of Lucide");
  expect(said('{"type": "Badge", "color": "dan|ger"}')).toBe("danger: a colour for text, its own in light and dark");
  expect(said('{"type": "Badge", "color": "red-5|00"}')).toBe("red-500: a step of a colour scale");
});
