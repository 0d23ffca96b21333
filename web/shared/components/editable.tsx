// Owns text that can be changed in place: it reads like text and is a field of the form.

import type { JSX } from "preact";
import type { Node } from "../contract";
import { text, useField } from "../drawing";
import type { Css } from "../tokens";
import { Field } from "./field";
import { autofill, patternOf, useFocus } from "./input";

interface Props {
  node: Node;
  editable: Record<string, unknown>;
  size: string;
  style: Css;
}

export function EditableText({ node, editable, size, style }: Props): JSX.Element {
  const given = text(node.value);
  const name = text(editable.name);
  const { ref, id, labelledBy, ariaLabel, keep } = useField<HTMLInputElement & HTMLTextAreaElement>(name, given, editable.placeholder);
  useFocus(ref, editable.autoFocus === true, editable.autoSelect === true);
  const lines = [node.minLines, node.maxLines].some((count) => typeof count === "number" && count > 1) || given.includes("\n");
  const field = {
    ref,
    id,
    name,
    class: "tf-editable",
    "data-size": size,
    "aria-labelledby": labelledBy,
    "aria-label": ariaLabel,
    defaultValue: given,
    placeholder: text(editable.placeholder) || undefined,
    required: editable.required === true,
    style,
    ...autofill(editable),
    onInput: (event: Event) => keep((event.currentTarget as HTMLInputElement).value),
  };
  return (
    <Field block={style.width === undefined}>
      {(objection) =>
        lines ? (
          <textarea {...field} {...objection} rows={typeof node.minLines === "number" ? node.minLines : 1} data-grows="true" />
        ) : (
          <input {...field} {...objection} type="text" pattern={patternOf(editable)} />
        )
      }
    </Field>
  );
}
