// Owns lists: rows, of which a long list shows the first ones and the rest when asked.

import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useAction } from "../action";
import type { Node } from "../contract";
import { Children, nodes } from "../draw";
import { ThemeContext, useTheme } from "../drawing";
import { box, choice } from "../tokens";
import { Problem, Spinner } from "./feedback";
import { Nothing } from "./nothing";
import { Status } from "./status";

/** How many rows `limit: "auto"` shows. */
const some = 5;

export function ListView({ node }: { node: Node }): JSX.Element {
  const around = useTheme();
  const theme = choice(node.theme, ["light", "dark"]) ?? around;
  const [open, setOpen] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  const rows = nodes(node.children);
  const limit = node.limit === "auto" ? some : typeof node.limit === "number" && node.limit > 0 ? node.limit : rows.length;
  const shown = open ? rows : rows.slice(0, limit);
  const first = useRef<number | undefined>(undefined);
  useEffect(() => {
    if (open && first.current !== undefined) (list.current?.children[first.current] as HTMLElement | undefined)?.focus({ preventScroll: true });
    first.current = undefined;
  }, [open]);
  return (
    <ThemeContext.Provider value={theme}>
      <section class="tf-list" data-theme={theme}>
        <Status status={node.status} />
        {rows.length === 0 && <Nothing />}
        <ul ref={list}>
          <Children of={shown} />
        </ul>
        {shown.length < rows.length && (
          <button
            type="button"
            class="tf-more"
            onClick={() => {
              first.current = limit;
              setOpen(true);
            }}
          >
            Show {rows.length - shown.length} more
          </button>
        )}
      </section>
    </ThemeContext.Provider>
  );
}

export function ListViewItem({ node }: { node: Node }): JSX.Element {
  const theme = useTheme();
  const { action, pending, error, fire } = useAction(node.onClickAction, "self");
  const id = useId();
  const { gap, align } = node;
  // The button behind the content serves keyboards; a pointer may hit the row anywhere but on a control of its own.
  function press(event: MouseEvent): void {
    const control = event.target instanceof Element ? event.target.closest("button, input, select, textarea, a, label, [tabindex='0']") : null;
    if (!control) fire();
  }
  return (
    <li class="tf-item" tabIndex={-1} data-clickable={action !== undefined} aria-busy={pending} onClick={press}>
      {action && <button type="button" class="tf-hit" aria-labelledby={id} onClick={() => fire()} />}
      <div id={id} class="tf-box" data-direction="row" data-spaced="true" style={box({ gap, align }, theme)}>
        <Children of={node.children} />
        {pending && <Spinner />}
      </div>
      <Problem said={error} />
    </li>
  );
}
