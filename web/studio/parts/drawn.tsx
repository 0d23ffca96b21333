// A tree drawn by the real drawing, in a shadow root, so that its style and the studio's know nothing of each other.

import { render, type JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Host, Node } from "../../shared/contract";
import content from "../../shared/style/content.css?inline";
import controls from "../../shared/style/controls.css?inline";
import layout from "../../shared/style/layout.css?inline";
import tokens from "../../shared/style/tokens.css?inline";
import { Widget } from "../../shared/widget";

const sheet = new CSSStyleSheet();
sheet.replaceSync(`${[tokens, layout, controls, content].join("\n")}
:host { display: block; } .tf { color-scheme: inherit; color: var(--color-text); }`);

interface DrawnProps {
  tree: Node;
  theme: "light" | "dark";
  /** Takes no press and is not read aloud: a picture. */
  inert?: boolean;
  locale?: string;
  timeZone?: string;
  /** What actions do; without, nothing. */
  act?: Host["act"];
  open?: Host["open"];
}

export function Drawn({ tree, theme, inert, locale, timeZone, act, open }: DrawnProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const host = useMemo<Host>(
    () => ({ act: act ?? (() => Promise.resolve()), open: open ?? (() => undefined), locale: locale ?? navigator.language, timeZone, theme }),
    [act, open, locale, timeZone, theme],
  );
  useEffect(() => {
    const root = box.current!.shadowRoot ?? box.current!.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    render(<Widget tree={tree} host={host} />, root);
  }, [tree, host]);
  useEffect(() => () => void (box.current?.shadowRoot && render(null, box.current.shadowRoot)), []);
  return <div ref={box} inert={inert} aria-hidden={inert || undefined} style={{ colorScheme: theme }} />;
}
