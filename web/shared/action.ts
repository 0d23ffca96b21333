// Owns the life of an action a reader fires: idle, running, failed with a sentence. One control runs one at a time.

import type { RefObject } from "preact";
import { useContext, useRef, useState } from "preact/hooks";
import type { Action, FormValues } from "./contract";
import { FormContext, useDrawing } from "./drawing";
import { isObject } from "./tokens";
import { formValues } from "./values";

type Loading = "none" | "self" | "container";

export interface Run {
  /** Shows a spinner in the control. */
  pending: boolean;
  /** What went wrong, as a sentence. */
  error: string | undefined;
  /** Fires the action. A field outside of a form brings its own value along. */
  fire(own?: FormValues): void;
}

export interface Manner {
  /** The action may fire again while it runs: a choice that changes. */
  repeatable?: boolean;
  /** The form whose values go along, if it is not the one around. */
  form?: RefObject<HTMLFormElement | null>;
  /** Told when the action went well. */
  onDone?(): void;
}

/** `auto` is what the loading behaviour `auto` means at this place. */
export function useAction(prop: unknown, auto: Loading, manner: Manner = {}): Run & { action: Action | undefined } {
  const { host, hold } = useDrawing();
  const around = useContext(FormContext).element;
  const form = manner.form ?? around;
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string>();
  const running = useRef(0);
  const action = asAction(prop);

  async function run(given: Action, own: FormValues | undefined): Promise<void> {
    const stated = given.loadingBehavior ?? "auto";
    const loading = stated === "auto" ? auto : stated;
    const element = form?.current;
    const values = element ? formValues(element) : own;
    const release = loading === "container" ? hold() : undefined;
    running.current += 1;
    setError(undefined);
    setPending(loading === "self");
    try {
      await host.act(given, values);
      manner.onDone?.();
    } catch (problem) {
      setError(sentence(problem));
    } finally {
      running.current -= 1;
      release?.();
      setPending(false);
    }
  }

  return {
    action,
    pending,
    error,
    fire(own) {
      if (action && (manner.repeatable || running.current === 0)) void run(action, own);
    },
  };
}

/** A prop as an action, if it is one. */
export function asAction(value: unknown): Action | undefined {
  return isObject(value) && typeof value.type === "string" ? (value as unknown as Action) : undefined;
}

function sentence(problem: unknown): string {
  const said = problem instanceof Error ? problem.message : typeof problem === "string" ? problem : "";
  return said || "This did not work. Please try again.";
}
