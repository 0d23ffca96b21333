// Other data for a widget, made from its sample: nothing in it, much in it, only what must be there.

import type { Json, Schema } from "../api/types";

export const presets = ["empty", "long", "missing optional"] as const;
export type Preset = (typeof presets)[number];

const LONG = "A good deal longer than anyone who drew this had in mind, and then some more words";

/** A datum of a kind; the schema says what must stay. */
export function preset(kind: Preset, sample: Json, schema: Schema | undefined): Json {
  if (kind === "empty") return emptied(sample, schema);
  if (kind === "long") return lengthened(sample, schema);
  return required(sample, schema);
}

const isObject = (value: Json): value is { [name: string]: Json } => typeof value === "object" && value !== null && !Array.isArray(value);
const allows = (schema: Schema | undefined, type: string): boolean => (Array.isArray(schema?.type) ? schema.type.includes(type) : schema?.type === type);
const under = (schema: Schema | undefined, name: string): Schema | undefined => schema?.properties?.[name];

function emptied(value: Json, schema: Schema | undefined): Json {
  if (Array.isArray(value)) return value.slice(0, Number(schema?.minItems ?? 0));
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([name, below]) => [name, emptied(below, under(schema, name))]));
  if (schema?.enum || schema?.const !== undefined || schema?.format || schema?.pattern || (schema?.minLength ?? 0) > 0) return value;
  if (allows(schema, "null")) return null;
  if (typeof value === "string") return "";
  if (typeof value === "number") return schema?.minimum ?? 0;
  return value === true ? false : value;
}

function lengthened(value: Json, schema: Schema | undefined): Json {
  if (Array.isArray(value)) {
    const most = Math.min(Number(schema?.maxItems ?? 25), 25);
    if (value.length === 0) return value;
    return Array.from({ length: Math.max(value.length, most) }, (_, n) => numbered(lengthened(value[n % value.length]!, schema?.items), n >= value.length ? n : undefined));
  }
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([name, below]) => [name, /^(id|key|.*(Id|Url|Number))$/.test(name) ? below : lengthened(below, under(schema, name))]));
  if (typeof value === "string") {
    if (schema?.enum || schema?.format || schema?.pattern || schema?.const !== undefined || /^(https?:|data:|#)/.test(value) || /^\d{4}-\d\d-\d\d/.test(value)) return value;
    const long = value.length < 12 ? `${value} ${LONG}` : `${value} ${value} ${LONG}`;
    return schema?.maxLength === undefined ? long : long.slice(0, schema.maxLength);
  }
  if (typeof value === "number" && Number.isInteger(value) && schema?.maximum === undefined && !schema?.enum) return value * 1_000 + 999;
  return value;
}

/** Rows made from one row are told apart, because lists want keys of their own. */
function numbered(value: Json, n: number | undefined): Json {
  if (n === undefined || !isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, below]) => [name, /^(id|key)$/.test(name) && typeof below === "string" ? `${below}-${n}` : below]));
}

function required(value: Json, schema: Schema | undefined): Json {
  if (Array.isArray(value)) return value.map((one) => required(one, schema?.items));
  if (!isObject(value)) return value;
  const must = new Set(schema?.required ?? []);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !schema?.properties || must.has(name))
      .map(([name, below]) => [name, allows(under(schema, name), "null") && !isObject(below) && !Array.isArray(below) ? null : required(below, under(schema, name))]),
  );
}
