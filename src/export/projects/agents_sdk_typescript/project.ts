// What the server offers: toolface.json, read and typed. The file is written by `toolface agents`; everything that
// depends on the tools stands there and nowhere in the code.

import { readFileSync } from "node:fs";

/** A set of tools with an agent of its own. */
export interface Route {
  name: string;
  /** Name of the function by which the triage agent hands over. */
  handoff: string;
  /** When to choose it. */
  description: string;
  /** The tools its agent may call. */
  tools: string[];
}

/** Where an action of a widget leads. */
export interface Action {
  tool: string;
  /** By name of the argument: where in the action's payload it is, and what it takes; `filled` is text that cannot be empty. */
  arguments: Record<string, { field: string; accepts: "text" | "filled" | "number" | "boolean" | "other" }>;
  /** The answer takes the widget's place; else it is added after it. */
  replaces: boolean;
}

/** A tool that answers in a widget. */
export interface Tool {
  /** Ids of the widgets it may answer in, and their types. */
  widgets: Record<string, string>;
  /** By action type. */
  actions: Record<string, Action>;
}

/** All of it. */
export interface Project {
  server: { name: string; title?: string; instructions?: string };
  /** Where the server was expected when this was written. */
  url: string;
  routes: Route[];
  tools: Record<string, Tool>;
  /** Hosts the widgets take pictures from. */
  image_domains: string[];
}

/** Reads toolface.json, which stands beside this file. */
export function load(): Project {
  return JSON.parse(readFileSync(new URL("toolface.json", import.meta.url), "utf8")) as Project;
}
