// What an action of a widget means: the payload with the form's values, a tool's arguments, a sentence for the chat.

import type { Accepted, Action, Binding, FormValues, Json } from "../shared/contract";
import { type Values, isObject } from "./result";

const has = (object: object, name: string): boolean => Object.prototype.hasOwnProperty.call(object, name);

/** The payload with the form's values added. What the payload has already stays. */
export function withForm(payload: Values | undefined, form: FormValues | undefined): Values {
  const merged = new Map<string, Json>(Object.entries(form ?? {}));
  for (const [name, value] of Object.entries(payload ?? {})) {
    const below = merged.get(name);
    merged.set(name, isObject(value) && isObject(below) ? withForm(value as Values, below as FormValues) : value);
  }
  return Object.fromEntries(merged);
}

/** The arguments for the tool an action leads to. */
export function argumentsFor(binding: Binding, payload: Values): Values {
  const named = Object.entries(binding.arguments).map(([name, path]) => [name, at(payload, path)] as const);
  const same = Object.keys(binding.accepts)
    .filter((name) => !has(binding.arguments, name))
    .map((name) => [name, has(payload, name) ? payload[name] : undefined] as const);
  return Object.fromEntries(
    [...named, ...same]
      .map(([name, value]) => [name, taken(value, has(binding.accepts, name) ? binding.accepts[name] : undefined)] as const)
      .filter((pair): pair is [string, Json] => pair[1] !== undefined),
  );
}

/** A value as the argument takes it: fields of a form give text alone, and an empty one means that nothing was said. */
function taken(value: Json | undefined, accepted: Accepted | undefined): Json | undefined {
  if (typeof value !== "string") return value;
  const said = value.trim();
  if (said === "" && (accepted === "number" || accepted === "boolean" || accepted === "filled")) return undefined;
  if (accepted === "boolean" && (said === "true" || said === "false")) return said === "true";
  if (accepted !== "number") return value;
  const number = Number(said);
  // Digits that a number would lose are left to the tool to refuse.
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : value;
}

/** The field of that name, else the nested one that a dotted name leads to. */
function at(payload: Values, path: string): Json | undefined {
  if (has(payload, path)) return payload[path];
  let value: Json | undefined = payload;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !has(value, name)) return undefined;
    value = (value as Values)[name];
  }
  return value;
}

/** What the chat is told, in the user's name. `label` is what stands on the control; empty fields say nothing. */
export function sentence(action: Action, payload: Values, widget: string, label: string | undefined): string {
  const what = label ? `“${label}” (${action.type})` : `“${action.type}”`;
  const details = Object.entries(payload)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return `I chose ${what} in “${widget}”${details.length > 0 ? `, with ${details.join(", ")}` : ""}.`;
}
