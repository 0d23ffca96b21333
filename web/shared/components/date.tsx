// Owns dates: the browser's own date field, which knows the reader's calendar and keyboard.

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { useAction } from "../action";
import type { Node } from "../contract";
import { text, useDrawing, useField } from "../drawing";
import { choice } from "../tokens";
import { fieldValues } from "../values";
import { controlSizes } from "./button";
import { Spinner } from "./feedback";
import { Field } from "./field";

export function DatePicker({ node }: { node: Node }): JSX.Element {
  const { host } = useDrawing();
  const name = text(node.name);
  const given = day(node.defaultValue, host.timeZone) ?? "";
  const { ref, id, labelledBy, ariaLabel, keep, kept } = useField<HTMLInputElement>(name, given, node.placeholder);
  const { pending, error, fire } = useAction(node.onChangeAction, "none", { repeatable: true });
  const [empty, setEmpty] = useState((kept() ?? given) === "");
  const block = node.block === true;

  const owed = useRef(false);
  function tell(value: string): void {
    owed.current = false;
    fire(fieldValues(name, value));
  }
  // A browser tells of every digit of a year. Such a value is told when the reader leaves the field with it.
  function change(value: string): void {
    keep(value);
    setEmpty(value === "");
    if (/^0\d{3}-/.test(value) && document.activeElement === ref.current) owed.current = true;
    else tell(value);
  }
  function leave({ currentTarget, relatedTarget }: FocusEvent): void {
    const within = relatedTarget instanceof Element && (currentTarget as Element).contains(relatedTarget);
    if (owed.current && !within && ref.current) tell(ref.current.value);
  }

  return (
    <Field error={error} block={block}>
      {(objection) => (
        <span
          class="tf-select tf-date"
          data-variant={choice(node.variant, ["solid", "soft", "outline", "ghost"]) ?? "outline"}
          data-size={choice(node.size, controlSizes) ?? "md"}
          data-pill={node.pill === true}
          data-block={block}
          data-align={choice(node.align, ["start", "center", "end"])}
          data-empty={empty}
          onFocusOut={leave}
        >
          <input
            {...objection}
            ref={ref}
            id={id}
            type="date"
            name={name}
            defaultValue={given}
            min={day(node.min, host.timeZone)}
            max={day(node.max, host.timeZone)}
            disabled={node.disabled === true}
            aria-labelledby={labelledBy}
            aria-label={ariaLabel}
            onChange={(event) => change(event.currentTarget.value)}
          />
          {pending && <Spinner />}
          {node.clearable === true && !empty && (
            <button
              type="button"
              class="tf-clear"
              aria-label="Clear"
              onClick={() => {
                if (ref.current) ref.current.value = "";
                change("");
                ref.current?.focus();
              }}
            >
              ×
            </button>
          )}
        </span>
      )}
    </Field>
  );
}

/** The calendar day of an ISO date; one with a time and an offset is the day it is where the reader is. */
export function day(value: unknown, timeZone: string | undefined): string | undefined {
  const [, date, zoned] = /^(\d{4}-\d{2}-\d{2})(?:T.*?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text(value)) ?? [];
  if (date === undefined || zoned === undefined) return date;
  const moment = new Date(text(value));
  if (Number.isNaN(moment.getTime())) return date;
  const options = { timeZone, year: "numeric", month: "2-digit", day: "2-digit" } as const;
  return new Intl.DateTimeFormat("en-CA", options).format(moment);
}
