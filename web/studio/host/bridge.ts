// The host's side of a frame: the wire of MCP Apps (2026-01-26) or, for ChatGPT, of `window.openai`. It answers what the
// view asks, tells it what changes, and keeps a log of both. It knows no page and draws nothing.

import type { Json, Result, Values } from "../api/types";

/** How a client hands a result to the view. */
export type Wire = "apps" | "openai";

export interface Surroundings {
  theme: "light" | "dark";
  locale: string;
  timeZone: string;
}

export interface Seen {
  /** What the view shows, as text, to be compared. */
  text: string;
  /** A digest of its markup. */
  markup: string;
  /** Whether a result is shown, not what stands there before. */
  settled: boolean;
}

export interface LogEntry {
  id: number;
  at: number;
  from: "view" | "host";
  method: string;
  about: string;
}

export interface Callbacks {
  /** Runs a tool; the answer is a result, or throws a sentence. */
  call(name: string, args: Values): Promise<Result>;
  open(url: string): void;
  log(entry: LogEntry): void;
  size(height: number): void;
  initialized(milliseconds: number): void;
  painted(milliseconds: number): void;
}

const NOT_FOUND = -32601;
let entries = 0;

export class HostBridge {
  #frame: HTMLIFrameElement;
  #wire: Wire;
  #given: Callbacks;
  #around: Surroundings;
  #tool: Values | undefined;
  #began = performance.now();
  #ready = false;
  #delivery: { args: Values; result: Result | undefined } | undefined;
  #waiting = new Map<number, (result: any) => void>();
  #last = 0;
  #painting = false;
  #listener = (event: MessageEvent) => this.#hear(event);

  constructor(frame: HTMLIFrameElement, wire: Wire, around: Surroundings, tool: Values | undefined, given: Callbacks) {
    this.#frame = frame;
    this.#wire = wire;
    this.#around = around;
    this.#tool = tool;
    this.#given = given;
    addEventListener("message", this.#listener);
  }

  close(): void {
    removeEventListener("message", this.#listener);
  }

  /** Hands a call to the view: its arguments, and its result as this client passes it on. */
  deliver(args: Values, result: Result | undefined): void {
    this.#delivery = { args, result };
    if (this.#ready) this.#send();
  }

  surround(around: Surroundings): void {
    this.#around = around;
    if (!this.#ready) return;
    if (this.#wire === "openai") this.#globals({ theme: around.theme, locale: around.locale });
    else this.#notify("ui/notifications/host-context-changed", { ...around });
  }

  /** Outlines the part of the view that a node of its tree became; no path, no outline. */
  outline(path: (string | number)[] | undefined): void {
    this.#post({ jsonrpc: "2.0", method: "dev.toolface/outline", params: { path: path ?? null } });
  }

  /** What the view shows now. */
  seen(): Promise<Seen | undefined> {
    const id = ++this.#last;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      setTimeout(() => this.#answered(id, undefined), 3_000);
      this.#post({ jsonrpc: "2.0", id: `studio-${id}`, method: "dev.toolface/seen" });
    });
  }

  #send(): void {
    const { args, result } = this.#delivery!;
    this.#painting = result !== undefined;
    if (this.#wire === "openai") {
      this.#globals({ toolInput: args, toolOutput: (result?.structuredContent as Json) ?? null, toolResponseMetadata: result?._meta ?? null });
      this.#note("host", "openai:set_globals", "toolInput, toolOutput, toolResponseMetadata");
      return;
    }
    this.#notify("ui/notifications/tool-input", { arguments: args });
    if (result) this.#notify("ui/notifications/tool-result", result as Values);
  }

  #hear(event: MessageEvent): void {
    if (event.source !== this.#frame.contentWindow) return;
    const message = event.data;
    if (typeof message !== "object" || message === null) return;
    if (typeof message.openai === "string") return void (this.#wire === "openai" && this.#openai(message));
    if (message.jsonrpc !== "2.0") return;
    if (typeof message.method !== "string") {
      if (typeof message.id === "string") this.#answered(Number(message.id.replace("studio-", "")), message.result);
      return;
    }
    const params = message.params ?? {};
    if (message.method === "ui/notifications/size-changed") return this.#sized(params);
    // ChatGPT's bridge is not simulated: there the view has `window.openai` alone.
    if (this.#wire === "openai") return;
    if (message.id === undefined) return this.#told(message.method, params);
    this.#asked(message.method, params).then(
      (result) => this.#post({ jsonrpc: "2.0", id: message.id, result }),
      (error) => this.#post({ jsonrpc: "2.0", id: message.id, error: { code: Number(error?.code) || -32603, message: String(error?.message ?? error) } }),
    );
  }

  #sized(params: { height?: unknown }): void {
    if (typeof params.height === "number" && Number.isFinite(params.height)) this.#given.size(Math.min(Math.max(0, params.height), 20_000));
    if (this.#painting) {
      this.#painting = false;
      this.#given.painted(performance.now() - this.#began);
    }
  }

  #told(method: string, params: Values): void {
    this.#note("view", method, method.endsWith("initialized") ? "" : short(params));
    if (method !== "ui/notifications/initialized") return;
    this.#welcome();
  }

  #welcome(): void {
    if (this.#ready) return;
    this.#ready = true;
    this.#given.initialized(performance.now() - this.#began);
    if (this.#delivery) this.#send();
  }

  async #asked(method: string, params: any): Promise<unknown> {
    this.#note("view", method, about(method, params));
    switch (method) {
      case "ui/initialize":
        return {
          protocolVersion: "2026-01-26",
          hostInfo: { name: "Toolface studio", version: "1" },
          hostCapabilities: { openLinks: {}, serverTools: {}, logging: {}, updateModelContext: { text: {} }, message: { text: {} } },
          hostContext: { ...this.#around, displayMode: "inline", availableDisplayModes: ["inline"], platform: "web", toolInfo: this.#tool && { tool: this.#tool } },
        };
      case "ping":
        return {};
      case "tools/call":
        return this.#given.call(String(params.name), params.arguments ?? {});
      case "ui/open-link":
        this.#given.open(String(params.url));
        return {};
      case "ui/message":
      case "ui/update-model-context":
        return {};
      case "ui/request-display-mode":
        return { mode: "inline" };
      default:
        throw { code: NOT_FOUND, message: `Method not found: ${method}` };
    }
  }

  #openai(message: { openai: string; id?: number; call?: string; given?: any }): void {
    if (message.openai === "here") {
      this.#globals({ theme: this.#around.theme, locale: this.#around.locale });
      // The real one has all of it before the page's own script runs.
      return this.#welcome();
    }
    if (message.openai !== "call") return;
    const { id, call, given = {} } = message;
    this.#note("view", `openai.${call}`, short(given));
    const answer = (more: object) => this.#post({ openai: "answer", id, ...more });
    if (call === "callTool") {
      this.#given.call(String(given.name), given.arguments ?? {}).then((result) => answer({ result }), (error) => answer({ error: String(error?.message ?? error) }));
    } else {
      if (call === "openExternal") this.#given.open(String(given.href));
      answer({ result: {} });
    }
  }

  #answered(id: number, result: unknown): void {
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.(result);
  }

  #globals(globals: object): void {
    this.#post({ openai: "set", globals });
  }

  #notify(method: string, params: Values): void {
    this.#note("host", method, method.endsWith("tool-result") ? "" : short(params));
    this.#post({ jsonrpc: "2.0", method, params });
  }

  /** The frame has an opaque origin, which no address names. */
  #post(message: object): void {
    this.#frame.contentWindow?.postMessage(message, "*");
  }

  #note(from: LogEntry["from"], method: string, about: string): void {
    this.#given.log({ id: ++entries, at: performance.now() - this.#began, from, method, about });
  }
}

function about(method: string, params: any): string {
  if (method === "ui/initialize") return "";
  if (method === "tools/call") return `${params.name} ${short(params.arguments)}`;
  if (method === "ui/open-link") return String(params.url);
  if (method === "ui/message") return (params.content ?? []).map((block: any) => block?.text ?? "").join(" ");
  return short(params);
}

const short = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "";
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
};
