// Where a tree comes from. Hosts take parts of a result out on its way to the page, so it is looked for in one place
// after the other: in the result, rendered again by the server, in ChatGPT's own interface, in a second call of the
// same tool; at last the text is shown.

import type { Node } from "../shared/contract";
import { openai } from "./openai";
import { type Envelope, type Result, type Values, envelopeOf, failure, readable, treeOf } from "./result";

/** What there is to show. */
export type Found =
  | { kind: "tree"; tree: Node }
  | { kind: "text"; text: string }
  | { kind: "failure"; text: string };

export type CallTool = (name: string, args: Values) => Promise<Result>;

/** A tool that may be called once more, because it changes nothing. */
export interface Repeatable {
  tool: string;
  args: Values;
}

const RENDER = "toolface_render";

/** Never rejects. `repeatable` is what made the result, if it can be had again. */
export async function find(result: Result, callTool: CallTool, repeatable?: Repeatable): Promise<Found> {
  if (result.isError) return { kind: "failure", text: failure(result) };
  const tree =
    (await treeFrom(result, callTool)) ??
    (await treeFrom(openai.result() ?? {}, callTool)) ??
    (repeatable && (await again(repeatable, callTool)));
  return tree ? { kind: "tree", tree } : { kind: "text", text: readable(result) };
}

/** Like `find` for what a call of this page answered: its own answer counts, not what the host has of another. */
export async function findAnswer(result: Result, callTool: CallTool): Promise<Found> {
  if (result.isError) return { kind: "failure", text: failure(result) };
  const tree = await treeFrom(result, callTool);
  return tree ? { kind: "tree", tree } : { kind: "text", text: readable(result) };
}

async function treeFrom(result: Result, callTool: CallTool): Promise<Node | undefined> {
  const tree = treeOf(result);
  if (tree) return tree;
  const envelope = envelopeOf(result);
  return envelope && rendered(envelope, callTool);
}

async function rendered(envelope: Envelope, callTool: CallTool): Promise<Node | undefined> {
  try {
    return treeOf(await callTool(RENDER, { widget: envelope.widget, data: envelope.data }));
  } catch {
    return undefined;
  }
}

async function again({ tool, args }: Repeatable, callTool: CallTool): Promise<Node | undefined> {
  try {
    const result = await callTool(tool, args);
    return result.isError ? undefined : await treeFrom(result, callTool);
  } catch {
    return undefined;
  }
}
