// Tells the server what became of a result, if it asked to be told (`PageData.report`): that this page was initialized, that
// it painted, which actions were pressed. Nobody waits for it and nobody sees it fail.

import type { CallTool } from "./source";
import { type Result, type Values, isObject } from "./result";

const SEEN = "toolface_seen";
/** How long the first report waits for a result, so that it can say of which. */
const PATIENCE = 2_000;

export class Report {
  #callTool: CallTool;
  #tool: () => string | undefined;
  #call: number | undefined;
  #initialized: number | undefined;
  #waiting: number | undefined;
  #painted = false;

  /** `tool` names the tool that made what is shown. */
  constructor(callTool: CallTool, tool: () => string | undefined) {
    this.#callTool = callTool;
    this.#tool = tool;
  }

  /** A result came: what is reported from here on is about it. */
  about(result: Result): void {
    const widget = isObject(result._meta) ? result._meta["dev.toolface/widget"] : undefined;
    this.#call = isObject(widget) && typeof widget.call === "number" ? widget.call : undefined;
  }

  initialized(): void {
    this.#initialized = performance.now();
    this.#waiting = window.setTimeout(() => this.#first(), PATIENCE);
  }

  /** A result is on the page; it is painted in the task after the next frame. */
  drawn(): void {
    if (this.#painted) return;
    this.#painted = true;
    this.#first();
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => this.#tell({ event: "painted", milliseconds: performance.now() });
      port2.postMessage(null);
    });
  }

  action(type: string): void {
    this.#tell({ event: "action", action: type });
  }

  #first(): void {
    clearTimeout(this.#waiting);
    if (this.#initialized === undefined) return;
    this.#tell({ event: "initialized", milliseconds: this.#initialized });
    this.#initialized = undefined;
  }

  #tell(what: { event: string; action?: string; milliseconds?: number }): void {
    const milliseconds = what.milliseconds === undefined ? undefined : Math.round(what.milliseconds * 10) / 10;
    const all = { ...what, milliseconds, tool: this.#tool(), call: this.#call };
    const said = Object.entries(all).filter((pair): pair is [string, string | number] => pair[1] !== undefined);
    this.#callTool(SEEN, Object.fromEntries(said) as Values).catch(() => undefined);
  }
}
