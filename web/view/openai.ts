// ChatGPT's own interface, `window.openai`: a fallback for what the bridge does not bring there.

import { METHOD_NOT_FOUND, Refused } from "./bridge";
import { type Result, type Values, isObject } from "./result";

interface OpenAi {
  toolInput?: Values | null;
  toolOutput?: unknown;
  toolResponseMetadata?: Record<string, unknown> | null;
  theme?: unknown;
  locale?: unknown;
  callTool?(name: string, args: Values): Promise<Result>;
  openExternal?(target: { href: string }): unknown;
  sendFollowUpMessage?(message: { prompt: string }): Promise<unknown>;
}

const global = (): OpenAi | undefined => (window as { openai?: OpenAi }).openai;

export const openai = {
  /** Whether this is ChatGPT. */
  here: (): boolean => isObject(global()),

  /** The result it has, if it has one. */
  result(): Result | undefined {
    const { toolOutput, toolResponseMetadata } = global() ?? {};
    if (toolOutput == null && toolResponseMetadata == null) return undefined;
    return { structuredContent: toolOutput ?? undefined, _meta: toolResponseMetadata ?? undefined };
  },

  input: (): Values | undefined => global()?.toolInput ?? undefined,

  /** As a host context says it. */
  context: (): Record<string, unknown> => ({ theme: global()?.theme, locale: global()?.locale }),

  /** Runs `listener` when any of it changes. */
  watch: (listener: () => void): void => window.addEventListener("openai:set_globals", listener),

  async request(method: string, params: any): Promise<any> {
    const { callTool, openExternal, sendFollowUpMessage } = global() ?? {};
    if (method === "tools/call" && callTool) return callTool(params.name, params.arguments);
    if (method === "ui/open-link" && openExternal) return openExternal({ href: params.url });
    if (method === "ui/message" && sendFollowUpMessage) return sendFollowUpMessage({ prompt: params.content[0].text });
    throw new Refused(METHOD_NOT_FOUND, "The chat does not take this from a widget.");
  },
};
