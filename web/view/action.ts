// What an action of a widget means: the payload with the form's values, a tool's arguments, a sentence for the chat.

import type { Action, Binding, FormValues, Json } from "../shared/contract";
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
  const same = binding.accepts
    .filter((name) => !has(binding.arguments, name))
    .map((name) => [name, has(payload, name) ? payload[name] : undefined] as const);
  return Object.fromEntries([...named, ...same].filter((pair): pair is [string, Json] => pair[1] !== undefined));
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

/** What the chat is told, in the user's name. `label` is what stands on the control. */
export function sentence(action: Action, payload: Values, widget: string, label: string | undefined): string {
  const what = label ? `“${label}” (${action.type})` : `“${action.type}”`;
  const details = Object.entries(payload).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return `I chose ${what} in “${widget}”${details.length > 0 ? `, with ${details.join(", ")}` : ""}.`;
}
