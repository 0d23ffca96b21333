// Owns typed fields: one line and several.

import type { JSX } from "preact";
import { useLayoutEffect } from "preact/hooks";
import type { Node } from "../contract";
import { text, useField } from "../drawing";
import { choice } from "../tokens";
import { controlSizes } from "./button";
import { Field } from "./field";

const inputTypes = ["number", "email", "text", "password", "tel", "url"] as const;

export function Input({ node }: { node: Node }): JSX.Element {
  const field = useTyped<HTMLInputElement>(node);
  // The types tell input apart by type; what is set here suits each of those.
  const stated = choice(node.inputType, inputTypes) ?? "text";
  const type = stated as "text";
  return (
    <Field>
      {(objection) => (
        <input {...field} {...objection} type={type} step={stated === "number" ? "any" : undefined} pattern={patternOf(node)} />
      )}
    </Field>
  );
}

export function Textarea({ node }: { node: Node }): JSX.Element {
  const field = useTyped<HTMLTextAreaElement>(node);
  const rows = typeof node.rows === "number" ? node.rows : 3;
  const style = { "--rows": String(rows), "--max-rows": typeof node.maxRows === "number" ? String(node.maxRows) : undefined };
  return (
    <Field>
      {(objection) => (
        <textarea
          {...field}
          {...objection}
          rows={rows}
          data-grows={node.autoResize === true || node.maxRows !== undefined}
          style={style}
          onInput={(event) => {
            field.onInput(event);
            check(event.currentTarget, patternOf(node));
          }}
        />
      )}
    </Field>
  );
}

/** The props a one-line and a many-line field share. */
function useTyped<E extends HTMLInputElement | HTMLTextAreaElement>(node: Node) {
  const name = text(node.name);
  const { ref, id, labelledBy, ariaLabel, keep } = useField<E>(name, text(node.defaultValue), node.placeholder);
  useFocus(ref, node.autoFocus === true, node.autoSelect === true);
  return {
    ref,
    id,
    name,
    class: "tf-input",
    "data-variant": choice(node.variant, ["soft", "outline"]) ?? "outline",
    "data-size": choice(node.size, controlSizes) ?? "md",
    "data-gutter": choice(node.gutterSize, ["2xs", "xs", "sm", "md", "lg", "xl"]),
    "data-pill": node.pill === true,
    "aria-labelledby": labelledBy,
    "aria-label": ariaLabel,
    placeholder: text(node.placeholder) || undefined,
    defaultValue: text(node.defaultValue),
    required: node.required === true,
    disabled: node.disabled === true,
    ...autofill(node),
    onInput: (event: Event) => void keep((event.currentTarget as E).value),
  };
}

/** Password managers and the like are kept out unless the field allows them. */
export function autofill(props: Record<string, unknown>): Record<string, string | undefined> {
  const complete = text(props.autoComplete) || undefined;
  if (props.allowAutofillExtensions === true) return { autocomplete: complete };
  return { autocomplete: complete, "data-1p-ignore": "true", "data-lpignore": "true", "data-form-type": "other" };
}

/** Focus and selection when the field first appears. */
export function useFocus(ref: { current: HTMLInputElement | HTMLTextAreaElement | null }, focus: boolean, select: boolean): void {
  useLayoutEffect(() => {
    if (focus) ref.current?.focus({ preventScroll: true });
    if (focus && select) ref.current?.select();
  }, []);
}

/** The pattern of a field, unless it is none that browsers read (HTML: compiled with the flag `v`). */
export function patternOf({ pattern }: Record<string, unknown>): string | undefined {
  if (typeof pattern !== "string" || pattern === "") return undefined;
  try {
    new RegExp(pattern, "v");
    return pattern;
  } catch {
    return undefined;
  }
}

/** Browsers know no pattern on a field of several lines. */
function check(field: HTMLTextAreaElement, pattern: string | undefined): void {
  if (pattern === undefined) return;
  const matches = field.value === "" || new RegExp(`^(?:${pattern})$`, "v").test(field.value);
  field.setCustomValidity(matches ? "" : "Please match the requested format.");
}
