// What can be read off a tool's result without asking anyone: the tree, the envelope, its text, its failure.

import type { Json, Node } from "../shared/contract";

export type Values = { [name: string]: Json };

/** A tool's result as hosts hand it on: any part may have been taken out. */
export interface Result {
  content?: { type?: string; text?: string }[];
  structuredContent?: unknown;
  isError?: boolean;
  _meta?: Record<string, unknown> | null;
}

/** Which widget, and its data. */
export interface Envelope {
  widget: string;
  data: Json;
}

const META = "dev.toolface/widget";

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The finished tree, if the result still has it. */
export function treeOf(result: Result): Node | undefined {
  const widget = isObject(result._meta) ? result._meta[META] : undefined;
  const tree = isObject(widget) ? widget.tree : undefined;
  return isObject(tree) && typeof tree.type === "string" ? (tree as Node) : undefined;
}

/** The envelope, flat or nested, from the structured content or from any text that is one. */
export function envelopeOf(result: Result): Envelope | undefined {
  const candidates = [result.structuredContent, ...texts(result).map(parsed)];
  for (const value of candidates) {
    if (!isObject(value) || value.data === undefined) continue;
    const widget = isObject(value.widget) ? value.widget.type : value.widget_type;
    if (typeof widget === "string") return { widget, data: value.data as Json };
  }
  return undefined;
}

/** A result as text, the same for one that the same tool made again: but for the number of the call. */
export function identity(result: Result): string {
  const widget = isObject(result._meta) ? result._meta[META] : undefined;
  if (!isObject(widget) || widget.call === undefined) return JSON.stringify(result);
  return JSON.stringify({ ...result, _meta: { ...result._meta, [META]: { ...widget, call: undefined } } });
}

/** What is left to read when no tree is to be had: texts for people, else the data as a list, else nothing. */
export function readable(result: Result): string {
  const envelope = envelopeOf(result);
  const prose = texts(result).filter((text) => text.trim() !== "" && parsed(text) === undefined);
  if (prose.length > 0) return prose.join("\n\n");
  const data = envelope?.data ?? result.structuredContent ?? texts(result).map(parsed).find((value) => value);
  return data === undefined ? "" : outline(data as Json, "").join("\n");
}

/** What a failed call says. */
export function failure(result: Result): string {
  return texts(result).join("\n\n").trim() || "The tool failed and did not say why.";
}

function texts(result: Result): string[] {
  const blocks = Array.isArray(result.content) ? result.content : [];
  return blocks.flatMap((block) => (block?.type === "text" && typeof block.text === "string" ? [block.text] : []));
}

/** The object or list that a text is the JSON of. */
function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Data as a Markdown list; what looks like Markup in it stays text. */
function outline(data: Json, indent: string): string[] {
  if (typeof data !== "object" || data === null) return [`${indent}- ${plain(data)}`];
  return Object.entries(data).flatMap(([name, value]) => {
    const label = Array.isArray(data) ? "" : `**${plain(words(name))}:** `;
    if (value === null) return [];
    if (typeof value !== "object") return [`${indent}- ${label}${plain(value)}`];
    const rows = outline(value, `${indent}  `);
    return rows.length === 0 ? [] : [`${indent}- ${label || `**${Number(name) + 1}**`}`, ...rows];
  });
}

const words = (name: string): string =>
  name.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_-]+/g, " ").toLowerCase();

const plain = (value: Json): string =>
  String(value).replace(/\s+/g, " ").replace(/[\\`*_{}[\]()<>#+!|~-]/g, "\\$&");
