// Owns one of many: the browser's own select, or a list with a search field where there are many options.

import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useAction } from "../action";
import type { Node } from "../contract";
import { text, useField } from "../drawing";
import { choice, isObject } from "../tokens";
import { fieldValues } from "../values";
import { Glyph } from "./badge";
import { controlSizes } from "./button";
import { Spinner } from "./feedback";
import { Field, type Objection } from "./field";

/** Up to this many options are found without searching. */
const few = 15;

interface Option {
  value: string;
  label: string;
  description: string;
  disabled: boolean;
}

export function Select({ node }: { node: Node }): JSX.Element {
  const name = text(node.name);
  const options = optionsOf(node);
  const given = text(node.defaultValue);
  const field = useField<HTMLSelectElement>(name, given, node.placeholder);
  const { pending, error, fire } = useAction(node.onChangeAction, "none", { repeatable: true });
  const [chosen, setChosen] = useState(() => field.kept() ?? given);
  useEffect(() => setChosen(field.kept() ?? given), [given]);
  const searched = (options.length > few || node.searchable === true) && node.searchable !== false;

  function change(value: string): void {
    setChosen(value);
    field.keep(value);
    // The field has its new value once it is drawn: a searched list writes it into a hidden select.
    if (field.ref.current) field.ref.current.value = value;
    fire(fieldValues(name, value));
  }

  const looks = {
    class: "tf-select",
    "data-variant": choice(node.variant, ["solid", "soft", "outline", "ghost"]) ?? "outline",
    "data-size": choice(node.size, controlSizes) ?? "md",
    "data-pill": node.pill === true,
    "data-block": node.block === true,
    "data-empty": chosen === "",
  };
  return (
    <Field error={error} block={node.block === true || searched}>
      {(objection) => (
        <>
          <span {...looks} hidden={searched}>
            <select
              {...objection}
              ref={field.ref}
              id={field.id}
              name={name}
              disabled={node.disabled === true}
              aria-labelledby={searched ? undefined : field.labelledBy}
              aria-label={field.ariaLabel}
              onChange={(event) => change(event.currentTarget.value)}
            >
              <option value="" selected={given === ""} hidden={node.clearable !== true}>
                {text(node.placeholder) || "Choose"}
              </option>
              {options.map((option) => (
                <option key={option.value} value={option.value} selected={given !== "" && option.value === given} disabled={option.disabled}>
                  {option.description ? `${option.label} (${option.description})` : option.label}
                </option>
              ))}
            </select>
            {pending ? <Spinner /> : <Glyph name="chevron-down" />}
          </span>
          {searched && <Searched looks={looks} node={node} options={options} chosen={chosen} field={field} objection={objection} onChange={change} />}
        </>
      )}
    </Field>
  );
}

interface SearchedProps {
  looks: Record<string, unknown>;
  node: Node;
  options: Option[];
  chosen: string;
  field: { labelledBy: string | undefined; ariaLabel: string | undefined };
  objection: Objection;
  onChange(value: string): void;
}

/** Typing narrows the list, arrows walk it, Enter takes, Escape leaves. The list is part of the page: no frame cuts it off. */
function Searched({ looks, node, options, chosen, field, objection, onChange }: SearchedProps): JSX.Element {
  const list = useId();
  const input = useRef<HTMLInputElement>(null);
  const [sought, setSought] = useState<string>();
  const [at, setAt] = useState(0);
  const open = sought !== undefined;
  const words = (sought ?? "").trim().toLowerCase();
  const found = options.filter((option) => `${option.label} ${option.description}`.toLowerCase().includes(words));
  const current = chosen === "" ? undefined : options.find((option) => option.value === chosen);

  function close(): void {
    setSought(undefined);
    setAt(0);
  }
  function take(option: Option | undefined): void {
    if (!option || option.disabled) return;
    onChange(option.value);
    close();
  }
  function walk(to: number): void {
    const next = Math.max(0, Math.min(found.length - 1, to));
    setAt(next);
    document.getElementById(`${list}-${next}`)?.scrollIntoView({ block: "nearest" });
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const open_ = () => setSought((text) => text ?? "");
    if (event.key === "ArrowDown") open ? walk(at + 1) : open_();
    else if (event.key === "ArrowUp") walk(at - 1);
    else if (event.key === "Enter" && open) take(found[at]);
    else if (event.key === "Escape" && open) close();
    else return;
    event.preventDefault();
  }

  return (
    <div class="tf-search">
      <span {...looks}>
        <input
          {...objection}
          ref={input}
          role="combobox"
          type="text"
          autocomplete="off"
          aria-expanded={open}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={open && found[at] ? `${list}-${at}` : undefined}
          aria-labelledby={field.labelledBy}
          aria-label={field.ariaLabel}
          placeholder={text(node.placeholder) || "Search"}
          disabled={node.disabled === true}
          value={sought ?? current?.label ?? ""}
          onClick={() => setSought((text) => text ?? "")}
          onInput={(event) => {
            event.stopPropagation();
            setSought(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
          onBlur={close}
        />
        {node.clearable === true && chosen !== "" && !open && (
          <button
            type="button"
            class="tf-clear"
            aria-label="Clear"
            onClick={() => {
              onChange("");
              input.current?.focus();
            }}
          >
            ×
          </button>
        )}
        <Glyph name="chevron-down" />
      </span>
      {open && (
        <div class="tf-options" id={list} role="listbox" aria-label={field.ariaLabel ?? "Options"}>
          {found.map((option, index) => (
            <div
              key={option.value}
              id={`${list}-${index}`}
              role="option"
              class="tf-option"
              data-at={index === at}
              aria-selected={option.value === chosen}
              aria-disabled={option.disabled || undefined}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => take(option)}
            >
              <span>{option.label}</span>
              {option.description && <small>{option.description}</small>}
            </div>
          ))}
          {found.length === 0 && <div class="tf-option">Nothing found</div>}
        </div>
      )}
    </div>
  );
}

function optionsOf(node: Node): Option[] {
  if (!Array.isArray(node.options)) return [];
  return node.options.filter(isObject).map((option) => ({
    value: text(option.value),
    label: text(option.label) || text(option.value),
    description: text(option.description),
    disabled: option.disabled === true,
  }));
}
