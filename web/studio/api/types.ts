// What the server's API answers, as the page uses it. Nothing here runs.

import type { Json, Node } from "../../shared/contract";

export type { Json, Node };
export type Values = { [name: string]: Json };

/** A fault of the project's files, at its place; `tool` and `widget` say whom it is about. */
export interface Fault {
  severity: "error" | "warning";
  code: string;
  message: string;
  help?: string;
  file?: string;
  line?: number;
  column?: number;
  endLine?: number;
  endColumn?: number;
  excerpt?: string;
  tool?: string;
  widget?: string;
}

export interface State {
  tries: number;
  ok: boolean;
  changed: string;
}

export interface ToolEntry {
  name: string;
  title: string;
  description: string;
  /** The main one first, then its variants. */
  widgets: string[];
  visibility: string[];
  readOnly: boolean;
  file: string | null;
  builtin: boolean;
  inputs: number;
}

export interface WidgetEntry {
  name: string;
  title: string;
  id: string;
  file: string;
  tools: string[];
  actions: string[];
}

export interface Project {
  server: { name: string; title: string; version: string };
  state: State;
  studio: { writable: boolean };
  mcp: string;
  tools: ToolEntry[];
  widgets: WidgetEntry[];
  connections: { name: string; kind: string }[];
  routes: { name: string; title: string; tools: string[]; companions: string[] }[];
}

export interface Faults {
  faults: Fault[];
  checking: boolean;
}

export interface Thumbnail {
  tree: Node | null;
  markdown: string | null;
  fault?: Fault;
  own: boolean;
}

export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: { [name: string]: Schema };
  required?: string[];
  items?: Schema;
  enum?: Json[];
  const?: Json;
  default?: Json;
  examples?: Json[];
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  anyOf?: Schema[];
  oneOf?: Schema[];
  [more: string]: unknown;
}

export interface ToolDetail {
  name: string;
  definition: { name: string; title?: string; description?: string; inputSchema: Schema; outputSchema?: Schema; annotations?: Values; _meta?: Values };
  file: string | null;
  text: string | null;
  hash: string | null;
  bindings: { widget: string; id: string; type: string; when: unknown; private: string[] }[];
  actions: { [type: string]: { tool: string; arguments: { [argument: string]: string } } };
  example: { arguments: Values };
  faults: Fault[];
  source: { kind: string; connection?: string };
}

export const STAGES = ["arguments", "source", "select", "data", "template", "tree", "envelope"] as const;
export type StageName = (typeof STAGES)[number];

export interface Stage {
  stage: StageName;
  milliseconds: number;
  in: Json;
  out: Json;
}

/** A result as the wire has it. */
export interface Result {
  content?: { type: string; text?: string }[];
  structuredContent?: Json;
  isError?: boolean;
  _meta?: Values | null;
  [more: string]: unknown;
}

export interface Message {
  jsonrpc: "2.0";
  id?: number | string;
  method?: string;
  params?: Values;
  result?: Result;
  error?: { code: number; message: string; data?: Json };
}

/** One call made from here, whole. */
export interface Run {
  call: number;
  ok: boolean;
  milliseconds: number;
  request: Message;
  headers: { [name: string]: string };
  response: Message;
  curl: string;
  text: string;
  trace: Stage[];
  error: { stage: StageName; message: string; detail?: string; help?: string } | null;
}

export type Revision = "2026-07-28" | "2025-11-25";

/** One call as the traffic page lists it. */
export interface Call {
  id: number;
  at: string;
  method: string;
  client: { name?: string; version?: string } | null;
  revision: string;
  transport: "http" | "studio";
  route?: string;
  tool?: string;
  widget?: string;
  outcome: string;
  milliseconds: number;
  stages: { [stage: string]: number };
  bytes: number;
  degraded: number;
  cause?: { kind: "view" | "action"; action?: string; call?: number };
  view: { read: boolean; initialized: string | null; painted: string | null; milliseconds?: number };
  actions: { type: string; at: string; tool: string }[];
}

export type Event =
  | { kind: "beat" }
  | { kind: "state"; state: State }
  | { kind: "faults" }
  | { kind: "call"; call: Call }
  | { kind: "view"; id: number; view: Call["view"] };
