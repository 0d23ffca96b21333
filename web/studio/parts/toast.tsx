// Short words in the corner about what was done; they go by themselves, problems stay until they are closed.

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { ApiError } from "../api/client";
import { Icon } from "./icon";

interface Toast {
  id: number;
  text: string;
  help?: string;
  tone: "good" | "bad" | undefined;
}

const toasts = signal<Toast[]>([]);
let last = 0;
const close = (id: number) => (toasts.value = toasts.value.filter((one) => one.id !== id));

export function toast(text: string, tone?: "good" | "bad", help?: string): void {
  const id = ++last;
  toasts.value = [...toasts.value.filter((one) => one.text !== text), { id, text, help, tone }].slice(-4);
  if (tone !== "bad") setTimeout(() => close(id), 4_000);
}

/** Shows what was refused. */
export function complain(error: unknown): void {
  if (error instanceof DOMException && error.name === "AbortError") return;
  toast(error instanceof Error ? error.message : String(error), "bad", error instanceof ApiError ? error.help : undefined);
}

export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, help, tone }) => (
        <div class="toast" key={id} data-tone={tone}>
          <Icon name={tone === "bad" ? "bad" : tone === "good" ? "good" : "message"} />
          <div class="grow">
            {text}
            {help && <p class="quiet">{help}</p>}
          </div>
          <button type="button" class="button" data-look="plain" data-size="s" data-icon="true" aria-label="Close" onClick={() => close(id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
