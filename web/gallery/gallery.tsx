// Owns a page for looking at widgets while they are made: it draws the tree it is handed and never ships. A tree comes as
// `window.show(tree, theme)` or by choosing a file.

import { render } from "preact";
import type { Host, Node } from "../shared/contract";
import { Widget } from "../shared/widget";

interface Fired {
  action: unknown;
  values: unknown;
}

declare global {
  interface Window {
    show(tree: Node, theme?: "light" | "dark"): void;
    /** What was fired so far, and how the next actions end. */
    fired: Fired[];
    answer: () => Promise<void>;
  }
}

window.fired = [];
window.answer = () => Promise.resolve();
const root = document.getElementById("root") as HTMLElement;

window.show = (tree, theme = "light") => {
  const host: Host = {
    act(action, values) {
      window.fired.push({ action, values });
      return window.answer();
    },
    open: (url) => window.fired.push({ action: "open", values: url }),
    locale: "en-US",
    timeZone: "UTC",
    theme,
  };
  document.documentElement.dataset.theme = theme;
  render(<Widget tree={tree} host={host} />, root);
};

function Choose() {
  async function read(event: { currentTarget: HTMLInputElement }) {
    const file = event.currentTarget.files?.[0];
    if (file) window.show(JSON.parse(await file.text()) as Node, matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  }
  return (
    <label>
      Tree to draw <input type="file" accept=".json" onChange={read} />
    </label>
  );
}

render(<Choose />, root);
