// Owns what every component of a widget shares while it is drawn: the page, the theme, the form around it, what was typed.

import { createContext, type ComponentType, type RefObject } from "preact";
import { useContext, useId, useLayoutEffect, useRef } from "preact/hooks";
import type { Host, Node } from "./contract";
import type { Theme } from "./tokens";

/** What a component is given: its node of the tree. */
export type Draws = ComponentType<{ node: Node }>;

/** What a reader changed in a field, and the value the field had by itself. */
interface Draft {
  given: string;
  typed: string | boolean;
}

export interface Drawing {
  host: Host;
  table: Record<string, Draws>;
  /** Text of the labels of the tree, by the field they name. */
  labels: Map<string, string>;
  /** What was typed, by form and field name: kept when a new tree replaces the old one. */
  drafts: Map<string, Draft>;
  /** Makes the whole widget inert while an action of loading behaviour `container` runs. */
  hold(): () => void;
}

export const DrawingContext = createContext<Drawing | undefined>(undefined);
export const ThemeContext = createContext<Theme>("light");

/** The form around a component. */
export interface FormScope {
  id: string;
  element: RefObject<HTMLFormElement | null> | undefined;
  /** The form has an action of its own. */
  acts: boolean;
  /** Validates, then runs the form's own action. */
  submit(): void;
  /** The form's own action runs. */
  pending: boolean;
}

export const FormContext = createContext<FormScope>({ id: "", element: undefined, acts: false, submit() {}, pending: false });

export function useDrawing(): Drawing {
  const drawing = useContext(DrawingContext);
  if (!drawing) throw new Error("a component is drawn outside of a widget");
  return drawing;
}

export function useTheme(): Theme {
  return useContext(ThemeContext);
}

/** A field's identity: its id on the page, its accessible name, and what it keeps across trees. */
export function useField<E extends HTMLElement>(name: string, given: string, fallback?: unknown) {
  const { labels, drafts } = useDrawing();
  const form = useContext(FormContext);
  const unique = useId();
  const ref = useRef<E>(null);
  const key = `${form.id}\n${name}`;
  useLayoutEffect(() => {
    const draft = drafts.get(key);
    const element = ref.current;
    if (!draft || !element) return;
    if (draft.given === given || element.contains(document.activeElement)) restore(element, draft.typed);
    else {
      drafts.delete(key);
      restore(element, given);
    }
  }, [key, given]);
  const label = labels.get(name);
  return {
    ref,
    id: `${unique}-${name}`,
    labelledBy: label === undefined ? undefined : labelId(form.id, name),
    ariaLabel: label === undefined ? text(fallback) || readable(name) : undefined,
    kept: () => {
      const draft = drafts.get(key);
      return draft?.given === given ? String(draft.typed) : undefined;
    },
    keep: (typed: string | boolean) => drafts.set(key, { given, typed }),
  };
}

/** The id of the label that names a field, so that either finds the other. */
export function labelId(form: string, name: string): string {
  return `label-${form}-${name}`.replace(/[^\w-]+/g, "_");
}

function restore(element: HTMLElement, value: string | boolean): void {
  if (element instanceof HTMLInputElement && element.type === "checkbox") element.checked = value === true || value === "true";
  else if ("value" in element) element.value = String(value);
  else for (const radio of element.querySelectorAll<HTMLInputElement>("input[type=radio]")) radio.checked = radio.value === value;
}

/** A field name as words: `todo.dueDate` gives `Due date`. */
export function readable(name: string): string {
  const words = (name.split(".").pop() ?? name).replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_-]+/g, " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * How words are set: in the direction of their own script, and a word of more letters than a narrow place has room for
 * may be broken. Numbers alone follow the direction around them.
 */
export function written(words: string, room = 20): { dir: "auto" | undefined; "data-breaks": true | undefined } {
  return {
    dir: /\p{L}/u.test(words) ? "auto" : undefined,
    "data-breaks": words.split(/\s+/).some((word) => word.length > room) || undefined,
  };
}

/** A prop as text; nothing for anything that is not text or a number. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}
