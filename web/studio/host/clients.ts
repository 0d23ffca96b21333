// The clients the studio simulates, as a table: what each declares, what it takes out of a result, what it shows.

import type { Result } from "../api/types";
import type { Wire } from "./bridge";

export type ClientId = "apps" | "desktop" | "chatgpt" | "plain" | "terminal" | "chatkit";

export interface Client {
  id: ClientId;
  title: string;
  about: string;
  /** Whether it declares MCP Apps when it connects. */
  ui: boolean;
  /** What is shown: a frame with the view, the text of the result, or the tree. */
  shows: "view" | "text" | "terminal" | "tree";
  wire: Wire;
  /** The result as the view gets it. */
  pass(result: Result): Result;
}

const whole = (result: Result): Result => result;

export const clients: readonly Client[] = [
  { id: "apps", title: "MCP Apps host", about: "Hands the whole result to the view.", ui: true, shows: "view", wire: "apps", pass: whole },
  {
    id: "desktop", title: "Claude Desktop, stdio", about: "Takes structuredContent and _meta out; the view asks for the tree again.", ui: true, shows: "view", wire: "apps",
    pass: ({ structuredContent: _, _meta, ...rest }) => rest,
  },
  {
    id: "chatgpt", title: "ChatGPT", about: "Has window.openai instead of the bridge.", ui: true, shows: "view", wire: "openai",
    pass: ({ content: _, ...rest }) => rest,
  },
  { id: "chatkit", title: "ChatKit", about: "Takes the tree itself and draws it in its own page.", ui: true, shows: "tree", wire: "apps", pass: whole },
  { id: "plain", title: "No MCP Apps", about: "Declares no UI: a chat that renders the text as Markdown.", ui: false, shows: "text", wire: "apps", pass: whole },
  { id: "terminal", title: "Terminal", about: "Declares no UI: the text in letters of one width.", ui: false, shows: "terminal", wire: "apps", pass: whole },
];

export const client = (id: string | null | undefined): Client => clients.find((one) => one.id === id) ?? clients[0]!;
