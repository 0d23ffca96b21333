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

/** Completion in a template. `fields` are the names the data has. */
export function complete(table: Table | undefined, fields: () => string[]) {
  return (context: CompletionContext): CompletionResult | null => {
    const source = context.state.doc.toString();
    const spot = spotAt(source, context.pos);
    if (spot.what === "jinja") return jinja(context, fields());
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
  if (from === 0 || to < 0 || !/^[\w.]+$/.test(word)) return undefined;
  const spot = spotAt(source, to);
  const component = table.components.find((one) => one.name === (spot.what === "value" && spot.name === "type" ? word : spot.type));
  if (!component) return undefined;
  if (spot.what === "value" && spot.name === "type") return { title: component.name, text: component.doc ?? "", from, to };
  const prop = component.props.find((one) => one.name === (spot.what === "name" ? word : spot.name));
  if (!prop) return undefined;
  const of = prop.values?.length ? `\nOne of: ${prop.values.map((value) => JSON.stringify(value)).join(", ")}` : "";
  return { title: `${component.name}.${prop.name}: ${prop.type}${prop.required ? ", required" : ""}`, text: (prop.doc ?? "") + of, from, to };
}

/** The names of a datum's fields, dotted where they are nested. */
export function fieldsOf(data: unknown, before = "", depth = 3): string[] {
  if (depth === 0 || typeof data !== "object" || data === null) return [];
  if (Array.isArray(data)) return fieldsOf(data[0], "item.", depth - 1);
  return Object.entries(data).flatMap(([name, value]) => [before + name, ...(Array.isArray(value) ? fieldsOf(value[0], "item.", depth - 1) : fieldsOf(value, `${before}${name}.`, depth - 1))]);
}
