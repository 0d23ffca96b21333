// A template in lines is the same template; and what stands at a place of it.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { laidOut, pieces, spotAt } from "../studio/edit/template";

const folder = join(import.meta.dirname, "../../widgets");
const templates = readdirSync(folder)
  .filter((name) => name.endsWith(".widget"))
  .map((name) => [name, JSON.parse(readFileSync(join(folder, name), "utf8")).template as string] as const);
const kept = (source: string) => pieces(source).filter(({ kind }) => kind !== "space").map(({ text }) => text);

test.each(templates)("%s: only the space between pieces changes, and once", (_, template) => {
  const laid = laidOut(template);
  expect(kept(laid)).toEqual(kept(template));
  expect(laidOut(laid)).toBe(laid);
  expect(laid.split("\n").length).toBeGreaterThan(10);
});

test("strings with Jinja and quotes in them are whole", () => {
  const source = `{"a":"x {{ b["}}"] }} \\" {% if c %}y{% endif %}","d":{{ e | tojson }}{# "no #}}`;
  expect(pieces(source).map(({ text }) => text).join("")).toBe(source);
  expect(pieces(source).filter(({ kind }) => kind === "string").map(({ text }) => text)).toEqual(['"a"', `"x {{ b["}}"] }} \\" {% if c %}y{% endif %}"`, '"d"']);
  expect(pieces('{"a').map(({ text }) => text)).toEqual(["{", '"a']);
});

const at = (source: string) => spotAt(source.replace("¦", ""), source.indexOf("¦"));

test("what stands at a place", () => {
  expect(at('{"type":"Badge","¦"}')).toMatchObject({ what: "name", type: "Badge", text: "", quoted: true });
  expect(at('{"type":"Badge","color":"su¦"}')).toMatchObject({ what: "value", type: "Badge", name: "color", text: "su" });
  expect(at('{"type":"Card","children":[{"type":"Te¦"}]}')).toMatchObject({ what: "value", name: "type", text: "Te" });
  expect(at('{"¦","type":"Row"}')).toMatchObject({ what: "name", type: "Row" });
  expect(at('{"type":"Text","value":{{ ti¦ | tojson }}}')).toMatchObject({ what: "jinja", name: "value" });
  expect(at('{"type":"Text",{% if a %}"size":"¦"{% endif %}}')).toMatchObject({ what: "value", type: "Text", name: "size" });
});
