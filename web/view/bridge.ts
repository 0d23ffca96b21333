// The wire to a host of MCP Apps (2026-01-26): JSON-RPC over postMessage with the window around this one, and nothing
// else. It knows no tools and draws nothing.

/** A request that the host refused, or did not answer. */
export class Refused extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

export const METHOD_NOT_FOUND = -32601;
const NO_ANSWER = -32001;

type Params = Record<string, unknown>;
type Message = { jsonrpc?: unknown; id?: unknown; method?: unknown; params?: Params; result?: any; error?: any };
type Waiting = { resolve(result: any): void; reject(error: Refused): void; timer: number | undefined };

/** What the host says of itself and of where it shows this page. */
export interface Welcome {
  hostInfo?: { name?: string; version?: string };
  hostCapabilities?: Record<string, unknown>;
  hostContext?: Params;
}

export class Bridge {
  #parent = window.parent;
  #waiting = new Map<number, Waiting>();
  #last = 0;

  /** Listens from here on. `told` gets the host's notifications, `asked` the requests this page answers. */
  constructor(told: Record<string, (params: any) => void>, asked: Record<string, () => unknown>) {
    window.addEventListener("message", (event) => {
      const message = event.data as Message | null;
      if (event.source !== this.#parent || typeof message !== "object" || message?.jsonrpc !== "2.0") return;
      const { id, method, params } = message;
      if (typeof method !== "string") return this.#answered(message);
      const own = (table: object) => Object.prototype.hasOwnProperty.call(table, method);
      if (id === undefined) return own(told) ? told[method]!(params ?? {}) : undefined;
      if (own(asked)) this.#post({ id, result: asked[method]!() });
      else this.#post({ id, error: { code: METHOD_NOT_FOUND, message: `Method not found: ${method}` } });
    });
  }

  /** Says hello and waits for the host's welcome. Nothing else may be asked before `initialized`. */
  hello(appInfo: { name: string; version: string }): Promise<Welcome> {
    return this.request("ui/initialize", { protocolVersion: "2026-01-26", appInfo, appCapabilities: {} });
  }

  /** Asks the host; rejects with `Refused`, after `patience` milliseconds if one is given. */
  request(method: string, params: Params, patience?: number): Promise<any> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const late = () => this.#answered({ id, error: { code: NO_ANSWER, message: "No answer came in time." } });
      const timer = patience === undefined ? undefined : window.setTimeout(late, patience);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#post({ id, method, params });
    });
  }

  notify(method: string, params: Params): void {
    this.#post({ method, params });
  }

  #post(message: object): void {
    // Which origin is around this page cannot be known; what is sent is meant for whoever shows it.
    this.#parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
  }

  #answered({ id, result, error }: Message): void {
    const waiting = this.#waiting.get(id as number);
    if (!waiting) return;
    this.#waiting.delete(id as number);
    clearTimeout(waiting.timer);
    if (error) waiting.reject(new Refused(Number(error.code), String(error.message ?? "The host refused.")));
    else waiting.resolve(result ?? {});
  }
}
