// Owns words: titles, texts, captions, labels of fields and Markdown.

import type { JSX } from "preact";
import { useContext, useMemo } from "preact/hooks";
import type { Node } from "../contract";
import { FormContext, labelId, text, useDrawing, useTheme, written } from "../drawing";
import { lose, markdownHtml } from "../markdown";
import { choice, color, type Css, isObject, length, type Theme } from "../tokens";
import { linkUrl } from "../url";
import { EditableText } from "./editable";

/** How many letters of a large title fit into a narrow place. */
const room: Record<string, number> = { lg: 16, xl: 12, "2xl": 10, "3xl": 8, "4xl": 6, "5xl": 5 };

export function Title({ node }: { node: Node }): JSX.Element {
  const size = choice(node.size, ["xs", "sm", "md", "lg", "xl", "2xl", "3xl", "4xl", "5xl"]) ?? "md";
  return (
    <h2 class="tf-title" data-size={size} {...clamp(node)} {...written(text(node.value), room[size])} style={words(node, useTheme())}>
      {text(node.value)}
    </h2>
  );
}

export function Caption({ node }: { node: Node }): JSX.Element {
  const size = choice(node.size, ["sm", "md", "lg"]) ?? "md";
  return (
    <p class="tf-caption" data-size={size} {...clamp(node)} {...written(text(node.value))} style={words(node, useTheme())}>
      {text(node.value)}
    </p>
  );
}

export function Text({ node }: { node: Node }): JSX.Element {
  const theme = useTheme();
  const size = choice(node.size, ["xs", "sm", "md", "lg", "xl"]) ?? "md";
  const style = {
    ...words(node, theme),
    width: length(node.width),
    flexShrink: typeof node.width === "number" && node.width <= 120 ? "0" : undefined,
    fontStyle: node.italic === true ? "italic" : undefined,
    textDecoration: node.lineThrough === true ? "line-through" : undefined,
    minHeight: typeof node.minLines === "number" ? `${node.minLines}lh` : undefined,
  };
  if (isObject(node.editable)) return <EditableText node={node} editable={node.editable} size={size} style={style} />;
  return (
    <p class="tf-text" data-size={size} data-streaming={node.streaming === true} {...clamp(node)} {...written(text(node.value))} style={style}>
      {text(node.value)}
    </p>
  );
}

export function Label({ node }: { node: Node }): JSX.Element {
  const form = useContext(FormContext);
  const name = text(node.fieldName);
  const size = choice(node.size, ["xs", "sm", "md", "lg", "xl"]) ?? "sm";
  const id = labelId(form.id, name);
  return (
    <label
      id={id}
      class="tf-label"
      data-size={size}
      {...written(text(node.value))}
      style={words(node, useTheme())}
      onClick={(event) => focusField(event, id)}
    >
      {text(node.value)}
    </label>
  );
}

/** A label reaches its field over the field's own reference to it: the two need not know each other's place. */
function focusField(event: Event, id: string): void {
  const root = (event.currentTarget as HTMLElement).closest(".tf");
  const field = root?.querySelector<HTMLElement>(`[aria-labelledby~="${id}"]`);
  const control = field?.matches("input, select, textarea, button") ? field : field?.querySelector<HTMLElement>("input:checked, input");
  control?.focus();
}

export function Markdown({ node }: { node: Node }): JSX.Element {
  const { host } = useDrawing();
  const source = text(node.value);
  const html = useMemo(() => ({ __html: markdownHtml(source) }), [source]);
  function follow(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link) return;
    event.preventDefault();
    const url = linkUrl(link.getAttribute("href"));
    if (url !== undefined) host.open(url);
  }
  return (
    <div
      class="tf-markdown"
      data-streaming={node.streaming === true}
      onClick={follow}
      onAuxClick={follow}
      onErrorCapture={(event) => event.target instanceof HTMLImageElement && lose(event.target)}
      dangerouslySetInnerHTML={html}
    />
  );
}

const weights: Record<string, string> = { normal: "400", medium: "500", semibold: "600", bold: "700" };

function words(node: Node, theme: Theme): Css {
  return {
    color: color(node.color, "text", theme),
    fontWeight: weights[text(node.weight)],
    textAlign: choice(node.textAlign, ["start", "center", "end"]),
    "--lines": typeof node.maxLines === "number" ? String(node.maxLines) : undefined,
  };
}

function clamp(node: Node): { "data-clamp"?: string; title?: string } {
  if (node.truncate === true) return { "data-clamp": "line", title: text(node.value) };
  return typeof node.maxLines === "number" ? { "data-clamp": "lines" } : {};
}
