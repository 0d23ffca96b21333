// The studio's own theme: the system's, unless the reader chose one.

import { computed, effect, signal } from "@preact/signals";

export type Choice = "system" | "light" | "dark";
const KEY = "toolface-studio-theme";

function kept(): Choice {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system";
  }
}

export const choice = signal<Choice>(kept());
const system = matchMedia("(prefers-color-scheme: dark)");
const systemDark = signal(system.matches);

/** What is effective now. */
export const theme = computed<"light" | "dark">(() => (choice.value === "system" ? (systemDark.value ? "dark" : "light") : choice.value));

export function startTheme(): void {
  system.addEventListener("change", () => (systemDark.value = system.matches));
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    try {
      localStorage.setItem(KEY, choice.value);
    } catch {
      // Then it holds for this page alone.
    }
  });
}
