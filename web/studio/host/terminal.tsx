// The text of a result: as a chat renders its Markdown, and as a terminal prints it.

import type { ComponentChildren, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { markdownHtml } from "../../shared/markdown";
import { Code } from "../parts/code";

/** Markdown as a chat shows it. What is made carries no foreign markup (`shared/markdown`). */
export function Prose({ text }: { text: string }): JSX.Element {
  const json = useMemo(() => parsed(text), [text]);
  const html = useMemo(() => (json === undefined ? markdownHtml(text) : ""), [text, json]);
  if (json !== undefined) return <Code text={JSON.stringify(json, null, 2)} language="json" label="Text" wrap copies={false} />;
  return <div class="prose" dangerouslySetInnerHTML={{ __html: html }} />;
}

/** The object or list a text is the JSON of: what a host that declares MCP Apps gives the model. */
function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Inline marks of Markdown as a terminal shows them. */
function inline(line: string): ComponentChildren[] {
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const match of line.matchAll(/\*\*(.+?)\*\*|`([^`]+)`|\[([^\]]*)\]\(([^)\s]*)\)|(?<![\w*])[*_]([^*_\s][^*_]*?)[*_](?![\w*])/g)) {
    parts.push(line.slice(end, match.index));
    const [, bold, code, label, address, slanted] = match;
    if (bold !== undefined) parts.push(<b>{bold}</b>);
    else if (code !== undefined) parts.push(<span class="t-code">{code}</span>);
    else if (label !== undefined) parts.push(<><span class="t-link">{label}</span><span class="t-dim"> ({address})</span></>);
    else parts.push(<i>{slanted}</i>);
    end = match.index + match[0].length;
  }
  parts.push(line.slice(end));
  return parts;
}

function line(text: string, index: number): JSX.Element {
  const heading = /^(#{1,6})\s+(.*)$/.exec(text);
  const item = /^(\s*)[-*]\s+(.*)$/.exec(text);
  const inside = heading ? <b class="t-head">{inline(heading[2]!)}</b> : item ? <>{item[1]}<span class="t-dim">•</span> {inline(item[2]!)}</> : /^\s*([-*_])(\s*\1){2,}\s*$/.test(text) ? <span class="t-dim">{"─".repeat(40)}</span> : inline(text);
  return <div key={index}>{inside}{"\n"}</div>;
}

export function Terminal({ tool, text, failed }: { tool: string; text: string; failed: boolean }): JSX.Element {
  return (
    <pre class="terminal" tabIndex={0} role="region" aria-label="As a terminal shows it">
      <div class="t-dim">● {tool}{failed ? " failed" : ""}{"\n\n"}</div>
      {text.split("\n").map(line)}
    </pre>
  );
}

/** The text blocks of a result. */
export const textOf = (result: { content?: { type: string; text?: string }[] } | undefined): string =>
  (result?.content ?? []).flatMap((block) => (block.type === "text" && block.text ? [block.text] : [])).join("\n\n");
