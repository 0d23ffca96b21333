// What the host says of where the page is shown (language, time zone, theme, edges), followed live, on the document.

import type { Host } from "../shared/contract";

export type Surroundings = Pick<Host, "locale" | "timeZone" | "theme">;

const dark = matchMedia("(prefers-color-scheme: dark)");

/** What the host said so far; each change names only what changed. */
const said: Record<string, any> = {};

/** The tool this page was opened for, as the host names it. */
export const toolInfo = (): { name?: string; annotations?: { readOnlyHint?: boolean } } | undefined =>
  said.toolInfo?.tool;

export function hear(context: Record<string, unknown> | undefined): void {
  for (const [name, value] of Object.entries(context ?? {})) if (value !== undefined) said[name] = value;
}

/** What holds now. */
export function surroundings(): Surroundings {
  const theme = said.theme === "dark" || said.theme === "light" ? said.theme : dark.matches ? "dark" : "light";
  return {
    theme,
    locale: valid(said.locale, (locale) => Intl.getCanonicalLocales(locale)) ?? navigator.language ?? "en",
    timeZone: valid(said.timeZone, (timeZone) => new Intl.DateTimeFormat("en", { timeZone })),
  };
}

/** Puts it on the document. */
export function apply({ theme, locale }: Surroundings): void {
  const page = document.documentElement;
  page.dataset.theme = theme;
  page.style.colorScheme = theme;
  page.lang = locale;
  page.dir = direction(locale);
  const edges = said.safeAreaInsets ?? {};
  const side = (name: string) => `${Number(edges[name]) || 0}px`;
  document.body.style.padding = ["top", "right", "bottom", "left"].map(side).join(" ");
}

/** Which way a language is written. */
function direction(locale: string): "ltr" | "rtl" {
  const about = new Intl.Locale(locale) as Intl.Locale & { getTextInfo?(): { direction: string }; textInfo?: { direction: string } };
  return (about.getTextInfo?.() ?? about.textInfo)?.direction === "rtl" ? "rtl" : "ltr";
}

/** Runs `listener` when the system's theme changes. */
export const watchTheme = (listener: () => void): void => dark.addEventListener("change", listener);

/** A name from the host, unless the browser would throw on it. */
function valid(name: unknown, probe: (name: string) => unknown): string | undefined {
  if (typeof name !== "string" || name === "") return undefined;
  try {
    probe(name);
    return name;
  } catch {
    return undefined;
  }
}
