// Completion and help from the table of components: names, props, values, icons, colours, and the fields of the data.

import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { Json } from "../api/types";
import { spotAt } from "./template";

export interface PropHelp {
  name: string;
  type: string;
  values?: Json[];
  members?: PropHelp[];
  required?: boolean;
  doc?: string;
}

export interface Table {
  components: { name: string; doc?: string; root: boolean; children: "none" | "one" | "many"; props: PropHelp[] }[];
  icons: string[];
  tokens: { colors?: Record<string, Json>; [more: string]: unknown };
}

const filters = ["tojson", "default", "length", "join", "upper", "lower", "title", "round", "first", "last", "replace", "trim", "int", "float", "list", "sort"];

/** Every text below a value: the tokens of a table however they are grouped. */
const texts = (value: unknown): string[] => (typeof value === "string" ? [value] : Array.isArray(value) ? value.flatMap(texts) : value && typeof value === "object" ? Object.values(value).flatMap(texts) : []);

/** Completion in a template. `fields` are the names that can be used at a place. */
export function complete(table: Table | undefined, fields: (source: string, place: number) => string[]) {
  return (context: CompletionContext): CompletionResult | null => {
    const source = context.state.doc.toString();
    const spot = spotAt(source, context.pos);
    if (spot.what === "jinja") return jinja(context, fields(source, context.pos));
    if (!table) return null;
    const options = spot.what === "name" ? names(table, spot.type, spot.quoted) : values(table, spot.type, spot.name, spot.quoted);
    if (options.length === 0 || (!context.explicit && !spot.quoted && spot.text === "")) return null;
    return { from: spot.from, options, validFor: /^[\w.-]*$/ };
  };
}

function jinja(context: CompletionContext, fields: string[]): CompletionResult | null {
  const word = context.matchBefore(/[\w.]*$/);
  if (!word || (word.from === word.to && !context.explicit)) return null;
  const piped = /\|\s*$/.test(context.state.sliceDoc(Math.max(0, word.from - 10), word.from));
  const options = piped ? filters.map((label) => ({ label, type: "function" })) : fields.map((label) => ({ label, type: "variable" }));
  return { from: word.from, options, validFor: /^[\w.]*$/ };
}

function names(table: Table, type: string | undefined, quoted: boolean) {
  const component = table.components.find((one) => one.name === type);
  const props: PropHelp[] = component ? [...component.props, ...(component.children === "none" ? [] : [{ name: "children", type: component.children === "one" ? "component" : "components" }])] : [{ name: "type", type: "component" }];
  const all = component ? [{ name: "type", type: "component" }, ...props] : props;
  return all.map((prop) => ({ label: prop.name, type: "property", detail: prop.type, info: prop.doc, apply: quoted ? prop.name : `"${prop.name}": ` }));
}

function values(table: Table, type: string | undefined, name: string | undefined, quoted: boolean) {
  const text = (label: string, kind: string, info?: string) => ({ label, type: kind, info, apply: quoted ? label : `"${label}"` });
  if (name === "type") return table.components.map((one) => text(one.name, "class", one.doc));
  const prop = table.components.find((one) => one.name === type)?.props.find((one) => one.name === name);
  if (!prop) return [];
  const listed = (prop.values ?? []).map((value) => (typeof value === "string" ? text(value, "enum") : { label: JSON.stringify(value), type: "constant", info: undefined, apply: JSON.stringify(value) }));
  if (/icon/i.test(prop.type)) return [...listed, ...table.icons.map((icon) => text(icon, "constant"))];
  if (/colou?r/i.test(prop.type) || /^(color|background)$/.test(prop.name)) return [...listed, ...[...new Set(texts(table.tokens.colors))].map((token) => text(token, "constant"))];
  if (prop.type === "boolean" && !quoted) return ["true", "false"].map((label) => ({ label, type: "keyword", info: undefined, apply: label }));
  return listed;
}

/** What is known about the word at a place: a component or one of its props. */
export function about(table: Table | undefined, source: string, place: number): { title: string; text: string; from: number; to: number } | undefined {
  if (!table) return undefined;
  const from = source.lastIndexOf('"', place - 1) + 1;
  const to = source.indexOf('"', place);
  const word = source.slice(from, to);
  if (from === 0 || to < 0 || !/^[\w.:-]+$/.test(word)) return undefined;
  const spot = spotAt(source, to);
  const component = table.components.find((one) => one.name === (spot.what === "value" && spot.name === "type" ? word : spot.type));
  if (!component) return undefined;
  if (spot.what === "value" && spot.name === "type") return { title: component.name, text: component.doc ?? "", from, to };
  const prop = component.props.find((one) => one.name === (spot.what === "name" ? word : spot.name));
  if (!prop) return undefined;
  const token = spot.what === "value" ? valueHelp(table, prop, word) : undefined;
  if (token) return { title: `${word}: ${token}`, text: `${component.name}.${prop.name}. ${prop.doc ?? ""}`, from, to };
  const of = prop.values?.length ? `\nOne of: ${prop.values.map((value) => JSON.stringify(value)).join(", ")}` : "";
  return { title: `${component.name}.${prop.name}: ${prop.type}${prop.required ? ", required" : ""}`, text: (prop.doc ?? "") + of, from, to };
}

/** What a value is, where it is the name of an icon or a colour. */
function valueHelp(table: Table, prop: PropHelp, word: string): string | undefined {
  if (/icon/i.test(prop.type)) {
    if (table.icons.includes(word)) return "an icon of ChatKit";
    return /^(lucide|vendor):./.test(word) ? `an icon of ${word.split(":")[0] === "lucide" ? "Lucide" : "the host"}` : "no icon that is known";
  }
  const group = /color:(\w+)/.exec(prop.type)?.[1];
  if (group === undefined) return undefined;
  return prop.values?.includes(word) ? `a colour for ${group}, its own in light and dark` : /^[a-z]+-a?\d+$/.test(word) ? "a step of a colour scale" : "a colour of CSS";
}

/** What can be named at a place of a template: fields of the data, of what loops go through, and what was set before. */
export function fieldsAt(source: string, place: number, data: unknown, schemaText: string): string[] {
  const schema = object(read(schemaText)) ?? {};
  const known = new Map<string, Known>(named({ schema, data }, schema));
  const open: { name: string; hid: Known | undefined }[][] = [];
  // What stands in a comment is no statement, also in one that is not closed yet.
  const before = source.slice(0, place).replaceAll(/\{#[^]*?(#\}|$)/g, "");
  for (const [, name, second, path, word, set] of before.matchAll(STATEMENT)) {
    if (set) known.set(set, {});
    else if (word === "endfor") {
      // What a loop's name hid is there again.
      for (const { name, hid } of open.pop()?.toReversed() ?? []) hid ? known.set(name, hid) : known.delete(name);
    } else if (name) {
      const item = path && !second ? element(at(known, path, schema), schema) : {};
      const own = second ? [name, second] : [name];
      open.push(own.map((one) => ({ name: one, hid: known.get(one) })));
      for (const one of own) known.set(one, item);
    }
  }
  const all = [...known].flatMap(([name, one]) => [name, ...below(name, one, schema, 3)]);
  return open.length > 0 ? [...all, "loop.index", "loop.index0", "loop.first", "loop.last", "loop.length"] : all;
}

/** What begins and ends names: the variables of a loop and what it goes through, its end, an assignment. */
const STATEMENT = /\{%-?\s*(?:for\s+(\w+)(?:\s*,\s*(\w+))?\s+in\s+([\w.[\]]+)?|(endfor)\b|set\s+(\w+))/g;

/** What is known of a value: its schema, and one as it is. */
interface Known {
  schema?: Values;
  data?: unknown;
}
type Values = { [name: string]: any };

const object = (value: unknown): Values | undefined => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Values) : undefined);

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A schema with its reference followed, and of a choice the branch that is not null. */
function plain(schema: Values | undefined, root: Values, depth = 8): Values | undefined {
  if (!schema || depth === 0) return schema;
  if (typeof schema.$ref === "string" && schema.$ref.startsWith("#/")) {
    const found = schema.$ref.slice(2).split("/").reduce((value: any, step: string) => value?.[step.replaceAll("~1", "/").replaceAll("~0", "~")], root);
    return plain(object(found), root, depth - 1);
  }
  const branch = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].find((one) => object(one) && one.type !== "null");
  return branch && !schema.properties && !schema.items ? plain(branch, root, depth - 1) : schema;
}

function named({ schema, data }: Known, root: Values): [string, Known][] {
  const told = object(plain(schema, root)?.properties) ?? {};
  const there = object(data) ?? {};
  return [...new Set([...Object.keys(told), ...Object.keys(there)])].map((name) => [name, { schema: object(told[name]), data: there[name] }]);
}

function element({ schema, data }: Known, root: Values): Known {
  return { schema: object(plain(schema, root)?.items), data: Array.isArray(data) ? data[0] : undefined };
}

function at(known: Map<string, Known>, path: string, root: Values): Known {
  const [first, ...steps] = path.match(/\w+/g) ?? [];
  const step = (one: Known, name: string): Known => (/^\d+$/.test(name) ? element(one, root) : (new Map(named(one, root)).get(name) ?? {}));
  return steps.reduce(step, known.get(first!) ?? {});
}

function below(name: string, one: Known, root: Values, depth: number): string[] {
  if (depth === 0) return [];
  return named(one, root).flatMap(([step, inner]) => [`${name}.${step}`, ...below(`${name}.${step}`, inner, root, depth - 1)]);
}

const KEYWORDS = ["type", "properties", "required", "items", "enum", "const", "default", "examples", "title", "description", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "additionalProperties", "anyOf", "oneOf", "allOf", "not", "$ref", "$defs", "$schema"];
const TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"];
const FORMATS = ["date", "date-time", "time", "duration", "email", "uri", "uuid", "hostname", "ipv4", "ipv6", "regex"];

const quotedOptions = (labels: string[], kind: string, quoted: boolean, after = "") => labels.map((label) => ({ label, type: kind, apply: quoted ? label : `"${label}"${after}` }));

/** Completion in a JSON Schema: its keywords, types and formats. */
export function completeSchema(context: CompletionContext): CompletionResult | null {
  const spot = spotAt(context.state.doc.toString(), context.pos);
  if (spot.what === "jinja" || (!context.explicit && !spot.quoted && spot.text === "")) return null;
  // Below these stand names that are the author's own.
  const names = spot.path.reduce((own, step) => !own && (step === "properties" || step === "patternProperties" || step === "$defs"), false);
  if (names && spot.what === "name") return null;
  // A list of types is a value of `type` too.
  const key = spot.name ?? spot.path.at(-1);
  const values = names ? [] : key === "type" ? TYPES : key === "format" ? FORMATS : [];
  const options = spot.what === "name" ? quotedOptions(KEYWORDS, "keyword", spot.quoted, ": ") : quotedOptions(values, "enum", spot.quoted);
  return options.length === 0 ? null : { from: spot.from, options, validFor: /^[\w$.-]*$/ };
}

/** Completion in data: the members its schema has at this place, and the values it allows. */
export function completeData(schemaText: () => string) {
  return (context: CompletionContext): CompletionResult | null => {
    const spot = spotAt(context.state.doc.toString(), context.pos);
    const root = object(read(schemaText()));
    if (!root || spot.what === "jinja" || (!context.explicit && !spot.quoted && spot.text === "")) return null;
    const here = spot.path.reduce((schema: Values | undefined, step) => {
      const one = plain(schema, root);
      return object(step === undefined ? one?.items : one?.properties?.[step]);
    }, root);
    const told = object(plain(here, root)?.properties) ?? {};
    if (spot.what === "name") return { from: spot.from, options: quotedOptions(Object.keys(told), "property", spot.quoted, ": "), validFor: /^[\w$.-]*$/ };
    const value = plain(spot.name === undefined ? object(plain(here, root)?.items) : object(told[spot.name]), root);
    const allowed: unknown[] = value?.enum ?? (value?.const === undefined ? (value?.type === "boolean" ? [true, false] : []) : [value.const]);
    const options = allowed.map((one) => ({ label: String(one), type: "enum", apply: typeof one === "string" && spot.quoted ? one : JSON.stringify(one) }));
    return options.length === 0 ? null : { from: spot.from, options, validFor: /^[\w -]*$/ };
  };
}
