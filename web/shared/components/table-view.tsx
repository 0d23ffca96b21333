// Owns tables, rows and cells. A table wider than its place scrolls by itself, by keyboard too.

import type { JSX } from "preact";
import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import type { Node } from "../contract";
import { Children, nodes } from "../draw";
import { choice, isObject, length, sides } from "../tokens";

const Heads = createContext(false);

export function Table({ node }: { node: Node }): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const [wide, setWide] = useState(false);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWide(element.scrollWidth > element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const rows = nodes(node.children);
  const heads = rows.findIndex((row) => row.header !== true);
  const [head, body] = heads < 0 ? [rows, []] : [rows.slice(0, heads), rows.slice(heads)];
  return (
    <div class="tf-table" ref={frame} tabIndex={wide ? 0 : undefined} role={wide ? "group" : undefined} aria-label={wide ? "Table" : undefined}>
      <table>
        {head.length > 0 && (
          <thead>
            <Children of={head} />
          </thead>
        )}
        <tbody>
          <Children of={body} />
        </tbody>
      </table>
    </div>
  );
}

export function TableRow({ node }: { node: Node }): JSX.Element {
  return (
    <Heads.Provider value={node.header === true}>
      <tr>
        <Children of={node.children} />
      </tr>
    </Heads.Provider>
  );
}

const columns: Record<string, string> = { xs: "10%", sm: "15%", md: "25%", lg: "40%", xl: "60%" };
const vertical = { start: "top", center: "middle", end: "bottom" } as const;

export function Cell({ node }: { node: Node }): JSX.Element {
  const pad = isObject(node.padding) ? sides(node.padding) : {};
  const vAlign = choice(node.vAlign, ["start", "center", "end"]);
  const align = choice(node.align, ["start", "center", "end"]);
  const props = {
    colSpan: span(node.colSpan),
    rowSpan: span(node.rowSpan),
    style: {
      width: length(node.width) ?? columns[String(node.colSize)],
      textAlign: align,
      verticalAlign: vAlign && vertical[vAlign],
      paddingTop: pad.top, paddingRight: pad.right, paddingBottom: pad.bottom, paddingLeft: pad.left,
    },
  };
  const content = (
    <div class="tf-cell" data-align={align}>
      <Children of={node.children} />
    </div>
  );
  return useContext(Heads) ? <th scope="col" {...props}>{content}</th> : <td {...props}>{content}</td>;
}

function span(value: unknown): number | undefined {
  return typeof value === "number" && value >= 1 ? Math.min(1000, Math.floor(value)) : undefined;
}
