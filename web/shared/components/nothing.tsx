// Owns what a root says that has nothing to show, and when that is so.

import type { JSX } from "preact";
import type { Node } from "../contract";
import { nodes } from "../draw";
import { text } from "../drawing";

export function Nothing(): JSX.Element {
  return <p class="tf-nothing">Nothing to show.</p>;
}

const words = ["Title", "Text", "Caption", "Label", "Markdown", "Badge"];
const holders = ["Box", "Row", "Col", "Form", "Transition", "Table", "Table.Row", "Table.Cell", "ListViewItem"];

/** Whether a reader sees anything of children: a word, a control, a coloured place. */
export function anythingIn(children: unknown): boolean {
  return nodes(children).some(seen);
}

function seen(node: Node): boolean {
  if (node.type === "Spacer") return false;
  if (words.includes(node.type)) return text(node.value) !== "" || text(node.label) !== "" || node.editable !== undefined;
  if (!holders.includes(node.type)) return true;
  return node.background !== undefined || node.border !== undefined || anythingIn(node.children);
}
