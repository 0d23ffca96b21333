// For who develops a widget: what the page shows, and where a node of its tree is on it. A host may ask for both; it learns
// nothing it has not sent itself.

import type { Node } from "../shared/contract";
import { elementOf } from "../shared/draw";
import { isObject } from "./result";

/** What is shown, as text and as a digest of the markup, so that two pages can be compared; `settled` once a result is. */
export function seen(root: HTMLElement, settled: boolean): { text: string; markup: string; settled: boolean } {
  let hash = 0x811c9dc5;
  for (const letter of root.innerHTML) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193);
  return { text: root.innerText, markup: (hash >>> 0).toString(16), settled };
}

let frame: HTMLElement | undefined;

/** Outlines what the node at `path` became, or the nearest node around it that became something. No path: no outline. */
export function outline(tree: Node | undefined, path: unknown): void {
  const element = tree && Array.isArray(path) ? nearest(tree, path) : undefined;
  if (!element) {
    frame?.remove();
    return;
  }
  frame ??= document.createElement("div");
  frame.id = "outline";
  document.body.append(frame);
  const { left, top, width, height } = element.getBoundingClientRect();
  Object.assign(frame.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
}

function nearest(tree: Node, path: unknown[]): Element | undefined {
  let value: unknown = tree;
  let element = elementOf(tree);
  for (const key of path) {
    if (!isObject(value) && !Array.isArray(value)) break;
    value = (value as Record<string, unknown>)[String(key)];
    if (isObject(value)) element = elementOf(value) ?? element;
  }
  return element;
}
