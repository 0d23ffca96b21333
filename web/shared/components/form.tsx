// Owns forms: native validation first, then the action with the values. Submitting needs no permission of the frame for
// it: a click and the Enter key are handled here, as a sandboxed frame may not submit by itself.

import type { ComponentChildren, JSX } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { useAction } from "../action";
import type { Node } from "../contract";
import { Children } from "../draw";
import { FormContext, type FormScope, useTheme } from "../drawing";
import { box, type Css } from "../tokens";
import { Problem } from "./feedback";

export function Form({ node }: { node: Node }): JSX.Element {
  const theme = useTheme();
  return (
    <FormShell
      id={node.key ?? node.id ?? JSON.stringify(node.onSubmitAction ?? "form")}
      action={node.onSubmitAction}
      auto="self"
      looks={{
        class: "tf-box tf-form",
        style: box(node, theme),
        "data-direction": node.direction === "row" ? "row" : "col",
        "data-spaced": "true",
      }}
    >
      {() => <Children of={node.children} />}
    </FormShell>
  );
}

interface Shell {
  id: string;
  action: unknown;
  auto: "self" | "container";
  onDone?(): void;
  looks: { class: string; style: Css; [data: `data-${string}`]: string };
  children: (scope: FormScope) => ComponentChildren;
}

/** A form element and the scope its fields and buttons act in. */
export function FormShell({ id, action, auto, onDone, looks, children }: Shell): JSX.Element {
  const element = useRef<HTMLFormElement>(null);
  const run = useAction(action, auto, { form: element, onDone });
  const fire = useRef(run.fire);
  fire.current = run.fire;
  const scope = useMemo<FormScope>(
    () => ({
      id,
      element,
      acts: run.action !== undefined,
      pending: run.pending,
      submit() {
        if (element.current && valid(element.current)) fire.current();
      },
    }),
    [id, run.action !== undefined, run.pending],
  );
  function onKeyDown(event: KeyboardEvent): void {
    const field = event.target;
    if (event.key !== "Enter" || event.isComposing || event.defaultPrevented) return;
    if (!(field instanceof HTMLInputElement) || ["checkbox", "radio"].includes(field.type)) return;
    event.preventDefault();
    scope.submit();
  }
  return (
    <FormContext.Provider value={scope}>
      <form
        {...looks}
        ref={element}
        noValidate
        aria-busy={run.pending}
        onKeyDown={onKeyDown}
        onSubmit={(event) => {
          event.preventDefault();
          scope.submit();
        }}
      >
        {children(scope)}
        <Problem said={run.error} />
      </form>
    </FormContext.Provider>
  );
}

/** Asks every field; those that object say so beside themselves, and the first one gets the focus. */
export function valid(form: HTMLFormElement): boolean {
  if (form.checkValidity()) return true;
  form.querySelector<HTMLElement>("input:invalid, textarea:invalid, select:invalid")?.focus();
  return false;
}
