// Owns the drawing of a whole widget: theme, what is kept from one tree to the next, and the root component.

import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { table } from "./components/table";
import type { Node, WidgetProps } from "./contract";
import { Draw, nodes } from "./draw";
import { type Drawing, DrawingContext, text, ThemeContext } from "./drawing";
import "./style/tokens.css";
import "./style/layout.css";
import "./style/controls.css";
import "./style/content.css";

export function Widget({ tree, host, footer }: WidgetProps): JSX.Element {
  const root = useRef<HTMLDivElement>(null);
  const drafts = useRef<Drawing["drafts"]>(new Map());
  const [held, setHeld] = useState(0);
  const labels = useMemo(() => labelsOf(tree), [tree]);
  useKeptPlace(root, tree, held > 0);

  const drawing = useMemo<Drawing>(
    () => ({
      host,
      table,
      labels,
      drafts: drafts.current,
      hold() {
        setHeld((count) => count + 1);
        return () => setHeld((count) => count - 1);
      },
    }),
    [host, labels],
  );

  return (
    <div ref={root} class="tf" data-theme={host.theme} tabIndex={-1}>
      <DrawingContext.Provider value={drawing}>
        <ThemeContext.Provider value={host.theme}>
          <div class="tf-stage" inert={held > 0} aria-busy={held > 0}>
            <Draw node={tree} />
          </div>
          {footer}
        </ThemeContext.Provider>
      </DrawingContext.Provider>
    </div>
  );
}

function labelsOf(tree: Node): Map<string, string> {
  const labels = new Map<string, string>();
  const walk = (node: Node) => {
    if (node.type === "Label" && typeof node.fieldName === "string") labels.set(node.fieldName, text(node.value));
    nodes(node.children).forEach(walk);
  };
  walk(tree);
  return labels;
}

/** Where the reader was: focus comes back to the same control, and the page stays scrolled as it was. */
function useKeptPlace(root: { current: HTMLElement | null }, tree: Node, held: boolean): void {
  const before = useRef<{ tree: Node; held: boolean; place: Place | undefined }>({ tree, held, place: undefined });
  const now = before.current;
  if (now.tree !== tree || now.held !== held) {
    before.current = { tree, held, place: placeOf(root.current) ?? now.place };
  }
  useLayoutEffect(() => {
    const { place } = before.current;
    const element = root.current;
    if (held || !place || !element) return;
    before.current.place = undefined;
    window.scrollTo({ top: place.scroll, behavior: "instant" });
    if (element.contains(document.activeElement) && document.activeElement !== element) return;
    const again = place.element.isConnected ? place.element : like(element, place);
    (again ?? element).focus({ preventScroll: true });
  }, [tree, held]);
}

interface Place {
  element: HTMLElement;
  scroll: number;
}

function placeOf(root: HTMLElement | null): Place | undefined {
  const element = document.activeElement;
  if (!root || !(element instanceof HTMLElement) || !root.contains(element)) return undefined;
  return { element, scroll: window.scrollY };
}

/** The control of the new tree that stands for one that is gone: the field of that name, or the same words. */
function like(root: HTMLElement, { element }: Place): HTMLElement | undefined {
  const name = element.getAttribute("name");
  const same = (other: HTMLElement) =>
    name ? other.getAttribute("name") === name : other.tagName === element.tagName && other.textContent === element.textContent;
  return [...root.querySelectorAll<HTMLElement>("button, input, select, textarea, a[href]")].find(same);
}
