// Owns yes or no and one of several: checkboxes and radio groups.

import type { JSX } from "preact";
import { useAction } from "../action";
import type { Node } from "../contract";
import { text, useField } from "../drawing";
import { isObject } from "../tokens";
import { fieldValues } from "../values";
import { Words } from "./button";
import { Spinner } from "./feedback";
import { Field } from "./field";

export function Checkbox({ node }: { node: Node }): JSX.Element {
  const name = text(node.name);
  const label = text(node.label);
  const given = node.defaultChecked === true;
  const { ref, id, labelledBy, ariaLabel, keep } = useField<HTMLInputElement>(name, String(given));
  const { pending, error, fire } = useAction(node.onChangeAction, "none", { repeatable: true });
  return (
    <Field error={error} block={false}>
      {(objection) => (
        <label class="tf-choice" aria-busy={pending}>
          <input
            {...objection}
            ref={ref}
            id={id}
            type="checkbox"
            name={name}
            defaultChecked={given}
            required={node.required === true}
            disabled={node.disabled === true}
            aria-labelledby={label ? undefined : labelledBy}
            aria-label={label ? undefined : ariaLabel}
            onChange={(event) => {
              keep(event.currentTarget.checked);
              fire(fieldValues(name, event.currentTarget.checked));
            }}
          />
          {label && <Words>{label}</Words>}
          {pending && <Spinner />}
        </label>
      )}
    </Field>
  );
}

export function RadioGroup({ node }: { node: Node }): JSX.Element {
  const name = text(node.name);
  const given = text(node.defaultValue);
  const stated = node.defaultValue !== undefined && node.defaultValue !== null;
  const { ref, id, labelledBy, ariaLabel, keep } = useField<HTMLDivElement>(name, given, node.ariaLabel);
  const { pending, error, fire } = useAction(node.onChangeAction, "none", { repeatable: true });
  const options = Array.isArray(node.options) ? node.options.filter(isObject) : [];
  return (
    <Field error={error} block={false}>
      {(objection) => (
        <div
          {...objection}
          ref={ref}
          class="tf-radios"
          role="radiogroup"
          data-direction={node.direction === "col" ? "col" : "row"}
          aria-labelledby={labelledBy}
          aria-label={labelledBy === undefined ? ariaLabel : undefined}
          aria-required={node.required === true || undefined}
          aria-busy={pending}
        >
          {options.map((option, index) => (
            <label class="tf-choice" key={index}>
              <input
                id={`${id}-${index}`}
                type="radio"
                name={name}
                value={text(option.value)}
                defaultChecked={stated && text(option.value) === given}
                required={node.required === true}
                disabled={node.disabled === true || option.disabled === true}
                onChange={() => {
                  keep(text(option.value));
                  fire(fieldValues(name, text(option.value)));
                }}
              />
              <Words>{text(option.label)}</Words>
            </label>
          ))}
          {pending && <Spinner />}
        </div>
      )}
    </Field>
  );
}
