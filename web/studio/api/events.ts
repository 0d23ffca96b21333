// The stream of events: kept open, opened again when it ends, handed to whoever listens.

import { signal } from "@preact/signals";
import { ApiError, api, admit } from "./client";
import type { Event } from "./types";

/** Whether the server is heard. */
export const heard = signal<"waiting" | "yes" | "lost">("waiting");

type Listener = (event: Event) => void;
const listeners = new Set<Listener>();

/** Calls `listener` for each event; gives back how to stop. */
export function onEvent(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A server that says nothing for this long is lost: it beats every 15 s. */
const SILENCE = 40_000;

/** Keeps the stream open for the life of the page. `again` runs when it was opened anew after a loss. */
export async function listen(again: () => void): Promise<never> {
  for (let tries = 0; ; tries++) {
    const stop = new AbortController();
    let timer = setTimeout(() => stop.abort(), SILENCE);
    try {
      await api.stream(
        "events",
        (event: Event) => {
          clearTimeout(timer);
          timer = setTimeout(() => stop.abort(), SILENCE);
          if (heard.value !== "yes") {
            if (heard.value === "lost") again();
            heard.value = "yes";
          }
          tries = 0;
          for (const listener of listeners) listener(event);
        },
        stop.signal,
      );
    } catch (error) {
      // A server that was started anew knows this page's token no more. What is typed and not saved must not be lost by it.
      if (error instanceof ApiError && error.status === 403 && heard.value === "lost") await admit();
    }
    clearTimeout(timer);
    if (tries > 0 || heard.value === "yes") heard.value = "lost";
    await new Promise((resolve) => setTimeout(resolve, Math.min(500 * 2 ** tries, 5_000)));
  }
}
