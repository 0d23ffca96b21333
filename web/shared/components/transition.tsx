// Owns changes that are shown as such: a new child fades in, and the height moves from the old one's to its own.

import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Node } from "../contract";
import { Draw, nodes } from "../draw";

export function Transition({ node }: { node: Node }): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  const height = useRef<number | undefined>(undefined);
  const child = nodes(node.children)[0];
  const key = child?.key ?? child?.id ?? child?.type;
  const shown = useRef(key);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const old = height.current;
    const next = element.offsetHeight;
    height.current = next;
    const changed = shown.current !== key;
    shown.current = key;
    if (!changed || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const timing = { duration: 250, easing: "cubic-bezier(0.19, 1, 0.22, 1)" };
    element.animate([{ opacity: 0 }, { opacity: 1 }], timing);
    if (old !== undefined && old !== next) element.animate([{ height: `${old}px` }, { height: `${next}px` }], timing);
  });
  return (
    <div ref={ref} class="tf-transition">
      {child && <Draw key={key} node={child} />}
    </div>
  );
}
