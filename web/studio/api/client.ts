// Asks the server. Every request carries the token of the page; what is refused becomes an `ApiError` with a sentence.

import { signal } from "@preact/signals";

interface Session {
  token: string;
  base: string;
}

const session: Session = {
  token: "",
  base: "/studio",
  ...JSON.parse(document.querySelector('meta[name="toolface-studio"]')?.getAttribute("content") ?? "{}"),
};

/** Where the studio is: `/studio`. */
export const base = session.base;

/** What the server refused, in its words. `body` is the whole answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly help: string | undefined,
    readonly body: any,
  ) {
    super(message);
  }
}

/** Whether something has been asked for more than 300 ms: the page then shows progress. */
export const busy = signal(false);
let open = 0;
let slow = 0;

async function watched<T>(work: Promise<T>): Promise<T> {
  open++;
  let counted = false;
  const timer = setTimeout(() => {
    counted = true;
    busy.value = ++slow > 0;
  }, 300);
  try {
    return await work;
  } finally {
    open--;
    clearTimeout(timer);
    if (counted) busy.value = --slow > 0;
  }
}

/** How many requests are under way. */
export const pending = (): number => open;

function send(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { "x-toolface-studio": session.token };
  if (body !== undefined || method !== "GET") headers["content-type"] = "application/json";
  const text = body === undefined ? (method === "GET" ? undefined : "{}") : JSON.stringify(body);
  return fetch(`${session.base}/api/${path}`, { method, headers, body: text, signal, cache: "no-store" });
}

async function ask<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await send(method, path, body, signal);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "The server cannot be reached.", "Is `toolface serve` still running?", null);
  }
  const text = await response.text();
  let parsed: any = null;
  try {
    parsed = text === "" ? null : JSON.parse(text);
  } catch {
    // A proxy's page, or nothing at all.
  }
  if (response.ok) return parsed as T;
  const stale = response.status === 403 ? "The server was started anew. Load this page again." : undefined;
  const message = parsed?.error ?? `The server answered ${response.status}.`;
  throw new ApiError(response.status, String(message), parsed?.help ?? stale, parsed);
}

/** The API by method. Paths are below `api/`, with names already encoded: see `part`. */
export const api = {
  get: <T>(path: string, signal?: AbortSignal): Promise<T> => watched(ask<T>("GET", path, undefined, signal)),
  post: <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> => watched(ask<T>("POST", path, body, signal)),
  put: <T>(path: string, body: unknown): Promise<T> => watched(ask<T>("PUT", path, body)),
  delete: <T>(path: string): Promise<T> => watched(ask<T>("DELETE", path)),
  /** For what nobody waits for. */
  quiet: <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> => ask<T>("POST", path, body, signal),
  /** The lines of a stream, until it ends. */
  async stream(path: string, line: (value: any) => void, signal: AbortSignal): Promise<void> {
    const response = await send("GET", path, undefined, signal);
    if (!response.ok || !response.body) throw new ApiError(response.status, "The stream of events was refused.", undefined, null);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      for (const one of lines) if (one.trim() !== "") line(JSON.parse(one));
    }
  },
};

/** A name as a part of a path. */
export const part = (name: string | number): string => encodeURIComponent(String(name));

/** Takes the token of a server that was started anew out of the page it serves now. */
export async function admit(): Promise<void> {
  try {
    const answer = await fetch(session.base, { headers: { accept: "text/html" } });
    const found = /"token":"([^"]+)"/.exec(answer.ok ? await answer.text() : "");
    if (found) session.token = found[1]!;
  } catch {
    // It is not there yet; it is asked again soon.
  }
}
