// Calls of tools made from here, and what is read off them.

import { api, part } from "../api/client";
import type { Result, Revision, Run, Values } from "../api/types";

export interface How {
  ui: boolean;
  revision?: Revision;
  from?: { kind: "view"; action?: string; call?: number };
}

export function runTool(name: string, args: Values, { ui, revision = "2026-07-28", from }: How): Promise<Run> {
  return api.post<Run>(`tools/${part(name)}/run`, { arguments: args, revision, ui, from });
}

/** The result; what is no result at all becomes one that failed, as hosts show it. */
export function resultOf(run: Run): Result {
  const { result, error } = run.response;
  return result ?? { content: [{ type: "text", text: error?.message ?? "No answer." }], isError: true };
}

/** The result for a view that called a tool: an error of the protocol is thrown, as a host hands it on. */
export function answerOf(run: Run): Result {
  if (run.response.error) throw run.response.error;
  return resultOf(run);
}

const META = "dev.toolface/widget";

/** The tree a result carries. */
export function treeOf(result: Result): Values | undefined {
  const meta = result._meta?.[META];
  const tree = typeof meta === "object" && meta !== null && !Array.isArray(meta) ? meta.tree : undefined;
  return typeof tree === "object" && tree !== null && !Array.isArray(tree) ? tree : undefined;
}

/** Hands on what a view reports of itself; nobody waits for the server. */
export async function tellSeen(what: Values): Promise<Result> {
  void api.quiet("seen", what).catch(() => undefined);
  return { content: [] };
}
