// Owns what a form sends: the values of its named fields, with dotted names nested.

import type { FormValues, Json } from "./contract";

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** The values of a form's fields. Disabled fields are left out, an unanswered radio group too. */
export function formValues(form: HTMLFormElement): FormValues {
  const values: FormValues = {};
  for (const field of form.querySelectorAll<Field>("input[name], textarea[name], select[name]")) {
    if (field.disabled) continue;
    if (field instanceof HTMLInputElement && field.type === "radio" && !field.checked) continue;
    assign(values, field.name, valueOf(field));
  }
  return values;
}

/** A field alone, as it is sent when no form is around it. */
export function fieldValues(name: string, value: Json): FormValues {
  const values: FormValues = {};
  assign(values, name, value);
  return values;
}

function valueOf(field: Field): Json {
  return field instanceof HTMLInputElement && field.type === "checkbox" ? field.checked : field.value;
}

function assign(values: FormValues, name: string, value: Json): void {
  const path = name.split(".");
  const last = path.pop();
  if (last === undefined || [...path, last].includes("__proto__")) return;
  let at: { [name: string]: Json } = values;
  for (const part of path) {
    const next = Object.hasOwn(at, part) ? at[part] : undefined;
    at = typeof next === "object" && next !== null && !Array.isArray(next) ? next : (at[part] = {});
  }
  at[last] = value;
}
