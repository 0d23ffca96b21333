// A form made from a JSON Schema: one field per property, by type and format. What it cannot show as a field is JSON text.
// It judges nothing that the server judges; it only makes values of the right kind.

import type { JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import type { Json, Schema, Values } from "../api/types";
import { Badge, Button } from "./button";

interface FormProps {
  schema: Schema;
  value: Values;
  onChange(value: Values): void;
  /** Sentences beside fields, by JSON pointer (`/order_id`). */
  wrong?: ReadonlyMap<string, string>;
}

export function SchemaForm({ schema, value, onChange, wrong }: FormProps): JSX.Element {
  return (
    <div class="col" style={{ gap: "14px" }}>
      <Properties schema={schema} root={schema} value={value} onChange={onChange} wrong={wrong} at="" />
    </div>
  );
}

interface Around {
  root: Schema;
  wrong: ReadonlyMap<string, string> | undefined;
  at: string;
}

const isValues = (value: unknown): value is Values => typeof value === "object" && value !== null && !Array.isArray(value);

/** A schema with references within its document followed, and `null` taken out of what it may be. */
function plain(given: Schema, root: Schema): { schema: Schema; nullable: boolean } {
  let schema = given;
  for (let n = 0; n < 8 && typeof schema.$ref === "string"; n++) {
    const target = schema.$ref.startsWith("#/")
      ? schema.$ref.slice(2).split("/").reduce<unknown>((value, key) => (isValues(value) ? value[key.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined), root)
      : undefined;
    const { $ref: _, ...own } = schema;
    schema = { ...(isValues(target) ? (target as Schema) : {}), ...own };
  }
  if (Array.isArray(schema.type) && schema.type.includes("null")) {
    const types = schema.type.filter((type) => type !== "null");
    return { schema: { ...schema, type: types.length === 1 ? types[0] : types, enum: schema.enum?.filter((one) => one !== null) }, nullable: true };
  }
  const some = schema.anyOf ?? schema.oneOf;
  if (some?.length === 2 && some.some((one) => one.type === "null")) {
    const { anyOf: _a, oneOf: _o, ...own } = schema;
    return { schema: { ...plain(some.find((one) => one.type !== "null")!, root).schema, ...own }, nullable: true };
  }
  return { schema, nullable: schema.type === "null" };
}

function Properties({ schema, value, onChange, ...around }: Around & { schema: Schema; value: Values; onChange(value: Values): void }): JSX.Element {
  const names = Object.keys(schema.properties ?? {});
  const required = new Set(schema.required ?? []);
  const set = (name: string, next: Json | undefined) => {
    const { [name]: _, ...rest } = value;
    // The order of the schema is the order of the JSON.
    const all: Values = next === undefined ? rest : { ...rest, [name]: next };
    const known = names.filter((one) => one in all).map((one) => [one, all[one]!] as const);
    onChange(Object.fromEntries([...known, ...Object.entries(all).filter(([one]) => !names.includes(one))]));
  };
  return (
    <>
      {names.map((name) => (
        <Field
          key={name} name={name} given={schema.properties![name]!} required={required.has(name)} value={value[name]} onChange={(next) => set(name, next)}
          {...around} at={`${around.at}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`}
        />
      ))}
    </>
  );
}

interface FieldProps extends Around {
  name: string;
  given: Schema;
  required: boolean;
  value: Json | undefined;
  onChange(value: Json | undefined): void;
}

function Field({ name, given, required, value, onChange, ...around }: FieldProps): JSX.Element {
  const id = useId();
  const { schema, nullable } = plain(given, around.root);
  const said = around.wrong?.get(around.at);
  const described = [schema.description && `${id}-about`, said && `${id}-wrong`].filter(Boolean).join(" ") || undefined;
  const title = schema.title && schema.title !== name ? schema.title : undefined;
  const marks = (
    <>
      {title && <span class="mono faint">{name}</span>}
      {required && <span class="faint" style={{ fontWeight: 400 }}>required</span>}
      {nullable && (
        <label class="check" style={{ marginInlineStart: "auto", fontWeight: 400, fontSize: "12px", minHeight: 0 }}>
          <input type="checkbox" checked={value === null} onChange={(event) => onChange(event.currentTarget.checked ? null : undefined)} aria-label={`${title ?? name} is null`} />
          null
        </label>
      )}
    </>
  );
  const below = (
    <>
      {schema.description && <p class="about" id={`${id}-about`}>{schema.description}{hint(schema)}</p>}
      {!schema.description && hint(schema) && <p class="about" id={`${id}-about`}>{hint(schema).trim()}</p>}
      {said && <p class="wrong" id={`${id}-wrong`} role="alert">{said}</p>}
    </>
  );
  if (schema.type === "object" && schema.properties) {
    return (
      <fieldset class="fieldset" aria-describedby={described}>
        <legend class="row">{title ?? name} {marks}</legend>
        {below}
        <Properties schema={schema} value={isValues(value) ? value : {}} onChange={(next) => onChange(Object.keys(next).length === 0 && !required ? undefined : next)} {...around} />
      </fieldset>
    );
  }
  if (schema.type === "array" && schema.items) return <List {...{ name, schema, value, onChange, required, ...around }} title={title ?? name} marks={marks} below={below} />;
  if (schema.type === "boolean" && required && !nullable) {
    return (
      <div class="field-line">
        <label class="check"><input type="checkbox" checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} aria-describedby={described} />{title ?? name} {marks}</label>
        {below}
      </div>
    );
  }
  return (
    <div class="field-line">
      <label for={id}>{title ?? name} {marks}</label>
      <Control {...{ id, schema, value, onChange, required }} invalid={said !== undefined} described={described} disabled={value === null} />
      {below}
    </div>
  );
}

/** What a value may be, as far as the schema's words leave it out. */
function hint(schema: Schema): string {
  const said: string[] = [];
  const low = schema.minimum ?? schema.exclusiveMinimum;
  const high = schema.maximum ?? schema.exclusiveMaximum;
  if (low !== undefined && high !== undefined) said.push(`${low} to ${high}`);
  else if (low !== undefined) said.push(`at least ${low}`);
  else if (high !== undefined) said.push(`at most ${high}`);
  if (schema.pattern && !schema.format) said.push(`like ${schema.pattern}`);
  return said.length > 0 ? ` (${said.join(", ")})` : "";
}

interface ControlProps {
  id: string;
  schema: Schema;
  value: Json | undefined;
  required: boolean;
  invalid: boolean;
  described: string | undefined;
  disabled: boolean;
  onChange(value: Json | undefined): void;
}

const kinds: Record<string, string> = { date: "date", time: "time", email: "email", uri: "url", url: "url", password: "password" };

function Control({ id, schema, value, required, invalid, described, disabled, onChange }: ControlProps): JSX.Element {
  const common = { id, disabled, "aria-invalid": invalid || undefined, "aria-describedby": described, "aria-required": required || undefined };
  const fallback = schema.default !== undefined ? String(typeof schema.default === "object" ? JSON.stringify(schema.default) : schema.default) : undefined;
  const choices = schema.const !== undefined ? [schema.const] : schema.type === "boolean" ? [true, false] : schema.enum;
  if (choices) {
    const at = choices.findIndex((one) => JSON.stringify(one) === JSON.stringify(value));
    return (
      <select {...common} class="select" value={String(at)} onChange={(event) => onChange(choices[Number(event.currentTarget.value)])}>
        <option value="-1">{fallback !== undefined ? `– (${fallback})` : required ? "Choose…" : "–"}</option>
        {choices.map((one, index) => <option key={index} value={String(index)}>{typeof one === "string" ? one : JSON.stringify(one)}</option>)}
      </select>
    );
  }
  if (schema.type === "integer" || schema.type === "number") return <NumberInput {...common} value={value} placeholder={fallback} onChange={onChange} />;
  if (schema.type === "string") {
    const text = typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
    const change = (next: string) => onChange(next === "" && !required ? undefined : next);
    const placeholder = fallback ?? (schema.examples?.[0] !== undefined ? String(schema.examples[0]) : undefined);
    if (schema.format === "date-time") return <Moment {...common} value={text} onChange={change} />;
    if (!schema.format && (schema.maxLength ?? 0) > 300) return <textarea {...common} class="area" rows={3} value={text} placeholder={placeholder} onInput={(event) => change(event.currentTarget.value)} />;
    return <input {...common} class="input" {...({ type: kinds[schema.format ?? ""] ?? "text" } as object)} value={text} placeholder={placeholder} spellcheck={false} autocomplete="off" onInput={(event) => change(event.currentTarget.value)} />;
  }
  return <JsonInput {...common} value={value} onChange={onChange} />;
}

type Own = { id: string; value: Json | undefined; disabled: boolean; onChange(value: Json | undefined): void };

/** Typed as text, so that what is half typed stays; digits a number would lose stay text for the server to judge. */
function NumberInput({ value, placeholder, onChange, ...rest }: Own & { placeholder: string | undefined }): JSX.Element {
  const shown = value === undefined || value === null ? "" : String(value);
  const [text, setText] = useState(shown);
  useEffect(() => {
    if (read(text) !== value) setText(shown);
  }, [shown]);
  return (
    <input
      {...rest} class="input" type="text" inputMode="decimal" value={text} placeholder={placeholder} autocomplete="off"
      onInput={(event) => {
        setText(event.currentTarget.value);
        onChange(read(event.currentTarget.value));
      }}
    />
  );
}

function read(text: string): Json | undefined {
  const said = text.trim();
  if (said === "") return undefined;
  const number = Number(said);
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : text;
}

/** A date and a time of the reader's place, as RFC 3339 has it. */
function Moment({ value, onChange, ...rest }: { id: string; value: string; disabled: boolean; onChange(value: string): void }): JSX.Element {
  const at = new Date(value);
  const local = Number.isNaN(at.getTime()) ? "" : new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  return <input {...rest} class="input" type="datetime-local" value={local} onChange={(event) => onChange(event.currentTarget.value ? new Date(event.currentTarget.value).toISOString() : "")} />;
}

function JsonInput({ value, onChange, ...rest }: Own): JSX.Element {
  const shown = value === undefined ? "" : JSON.stringify(value, null, 2);
  const [text, setText] = useState(shown);
  const [wrong, setWrong] = useState(false);
  useEffect(() => setText((before) => (same(before, value) ? before : shown)), [shown]);
  return (
    <textarea
      {...rest} class="area mono" rows={Math.min(8, Math.max(2, text.split("\n").length))} value={text} placeholder="JSON" spellcheck={false} aria-invalid={wrong || undefined}
      onInput={(event) => {
        const next = event.currentTarget.value;
        setText(next);
        try {
          onChange(next.trim() === "" ? undefined : JSON.parse(next));
          setWrong(false);
        } catch {
          setWrong(true);
        }
      }}
    />
  );
}

function same(text: string, value: Json | undefined): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(value);
  } catch {
    return false;
  }
}

interface ListProps extends Around {
  name: string;
  title: string;
  schema: Schema;
  value: Json | undefined;
  required: boolean;
  marks: JSX.Element;
  below: JSX.Element;
  onChange(value: Json | undefined): void;
}

function List({ name: _, title, schema, value, required, marks, below, onChange, ...around }: ListProps): JSX.Element {
  const items = Array.isArray(value) ? value : [];
  const { schema: item } = plain(schema.items!, around.root);
  const change = (next: Json[]) => onChange(next.length === 0 && !required ? undefined : next);
  if (item.enum && item.enum.length <= 12) {
    const has = (one: Json) => items.some((other) => JSON.stringify(other) === JSON.stringify(one));
    return (
      <fieldset class="fieldset" style={{ gap: "4px" }}>
        <legend class="row">{title} {marks}</legend>
        {below}
        {item.enum.map((one) => (
          <label class="check" key={JSON.stringify(one)}>
            <input type="checkbox" checked={has(one)} onChange={(event) => change(item.enum!.filter((other) => (other === one ? event.currentTarget.checked : has(other))))} />
            {typeof one === "string" ? one : JSON.stringify(one)}
          </label>
        ))}
      </fieldset>
    );
  }
  const fresh = item.default ?? ({ string: "", object: {}, array: [], boolean: false } as Record<string, Json>)[String(item.type)] ?? null;
  return (
    <fieldset class="fieldset">
      <legend class="row">{title} <Badge>{items.length}</Badge> {marks}</legend>
      {below}
      {items.map((one, index) => (
        <div class="row" style={{ alignItems: "flex-start" }} key={index}>
          <div class="grow">
            <Field
              {...around} name={`${index + 1}`} at={`${around.at}/${index}`} given={schema.items!} required value={one}
              onChange={(next) => change(items.map((other, n) => (n === index ? (next ?? fresh) : other)))}
            />
          </div>
          <Button icon="close" look="plain" size="s" label={`Take ${index + 1} out of ${title}`} onClick={() => change(items.filter((_, n) => n !== index))} />
        </div>
      ))}
      <div><Button icon="plus" size="s" onClick={() => change([...items, fresh])}>Add</Button></div>
    </fieldset>
  );
}
