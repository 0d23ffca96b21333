// Where the page is. Routes are real paths below the studio's, and what a page shows besides stands in the query, so
// that every state is an address.

import { computed, signal } from "@preact/signals";
import { base } from "../api/client";

export interface Place {
  /** The parts of the path below the studio's, decoded. */
  parts: string[];
  query: URLSearchParams;
}

function read(): Place {
  const path = location.pathname.startsWith(base) ? location.pathname.slice(base.length) : location.pathname;
  const parts = path.split("/").filter((one) => one !== "");
  return { parts: parts.map(decoded), query: new URLSearchParams(location.search) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const place = signal<Place>(read());

/** Without the query, so that a change of it does not draw everything again. */
export const path = computed(() => place.value.parts.join("/"));

/** Asked before the page is left for another route; text is a reason to stay, unless the reader insists. */
let guard: (() => string | undefined) | undefined;
export function keepFrom(leaving: (() => string | undefined) | undefined): void {
  guard = leaving;
}
addEventListener("beforeunload", (event) => {
  if (guard?.()) event.preventDefault();
});

/** The address of a route: `link("tools", name)`, with a query if given. */
export function link(...parts: (string | Record<string, string | undefined>)[]): string {
  const names = parts.filter((one): one is string => typeof one === "string");
  const query = new URLSearchParams();
  for (const more of parts) {
    if (typeof more === "string") continue;
    for (const [name, value] of Object.entries(more)) if (value !== undefined && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return [base, ...names.map(encodeURIComponent)].join("/") + (text ? `?${text}` : "");
}

/** Goes to an address made by `link`. */
export function go(address: string, replace = false): void {
  const before = location.pathname;
  const leaves = new URL(address, location.href).pathname !== before;
  const reason = leaves ? guard?.() : undefined;
  if (reason && !confirm(reason)) return;
  if (leaves) guard = undefined;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  place.value = read();
  if (leaves) document.getElementById("main")?.focus({ preventScroll: true });
}

/** Changes the query of the page that is shown; `undefined` takes a name out. No entry of the history is made. */
export function setQuery(changes: Record<string, string | undefined>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  const address = location.pathname + (text ? `?${text}` : "");
  if (address !== location.pathname + location.search) {
    history.replaceState(null, "", address);
    place.value = read();
  }
}

/** Lets plain clicks on links of the studio change the route without loading the page. */
export function startRouter(): void {
  addEventListener("popstate", () => (place.value = read()));
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const anchor = event.target instanceof Element ? event.target.closest("a") : null;
    if (!anchor || anchor.target || anchor.hasAttribute("download") || anchor.origin !== location.origin) return;
    if (anchor.pathname !== base && !anchor.pathname.startsWith(`${base}/`)) return;
    event.preventDefault();
    go(anchor.pathname + anchor.search);
  });
}
