// Keys of the whole page: single keys and pairs like `g t`, never while something is typed.

import { useEffect, useRef } from "preact/hooks";

export interface Keys {
  /** `/`, `?`, `g t`, `Control+k` … */
  [keys: string]: (event: KeyboardEvent) => void;
}

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) && (target as HTMLInputElement).type !== "checkbox";

const written = (event: KeyboardEvent): string =>
  event.ctrlKey || event.metaKey ? `Control+${event.key.length === 1 ? event.key.toLowerCase() : event.key}` : event.key;

/** Longest pause between the two keys of a pair. */
const PAUSE = 1_200;

export function useKeys(given: Keys): void {
  // What holds now: a key may be pressed before the effects of the last change ran.
  const latest = useRef(given);
  latest.current = given;
  useEffect(() => {
    let first = "";
    let timer: ReturnType<typeof setTimeout> | undefined;
    const press = (event: KeyboardEvent) => {
      const key = written(event);
      const free = key.startsWith("Control+") || key === "Escape" || !typing(event.target);
      if (!free || event.altKey || event.defaultPrevented || event.isComposing) return;
      const keys = latest.current;
      const action = keys[first ? `${first} ${key}` : key] ?? keys[key];
      clearTimeout(timer);
      const begins = !first && !action && Object.keys(keys).some((one) => one.startsWith(`${key} `));
      first = begins ? key : "";
      if (begins) timer = setTimeout(() => (first = ""), PAUSE);
      if (!action) return;
      event.preventDefault();
      action(event);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}
