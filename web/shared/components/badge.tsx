// Owns the small marks of a widget: badges and icons.

import { createElement, type JSX } from "preact";
import type { Node } from "../contract";
import { text, useTheme, written } from "../drawing";
import { glyphs } from "../icons/glyphs";
import { strokes } from "../icons/strokes";
import { choice, color } from "../tokens";

/** Labels up to this many letters stay in one line. */
const short = 20;

export function Badge({ node }: { node: Node }): JSX.Element {
  const label = text(node.label);
  return (
    <span
      class="tf-badge"
      data-color={choice(node.color, ["secondary", "success", "danger", "warning", "info", "discovery"]) ?? "secondary"}
      data-variant={choice(node.variant, ["solid", "soft", "outline"]) ?? "soft"}
      data-size={choice(node.size, ["sm", "md", "lg"]) ?? "sm"}
      data-pill={node.pill === true}
      data-long={label.length > short || undefined}
      {...written(label)}
    >
      {label}
    </span>
  );
}

const sizes: Record<string, string> = {
  xs: "12px", sm: "16px", md: "18px", lg: "20px", xl: "24px", "2xl": "32px", "3xl": "40px",
};

export function Icon({ node }: { node: Node }): JSX.Element {
  const theme = useTheme();
  return <Glyph name={node.name} size={sizes[text(node.size)] ?? "18px"} color={color(node.color, "text", theme)} />;
}

/** What stands for an icon that is not in the set. */
const neutral = ["M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM2 12a10 10 0 1 1 20 0 10 10 0 0 1-20 0Zm7 0a3 3 0 1 1 6 0 3 3 0 0 1-6 0Z"];

const own: Record<string, string[]> = {
  "chevron-down": ["M5.3 8.8a1 1 0 0 1 1.4 0l5.3 5.3 5.3-5.3a1 1 0 1 1 1.4 1.4l-6 6a1 1 0 0 1-1.4 0l-6-6a1 1 0 0 1 0-1.4Z"],
};

/** An icon by name; `lucide:` names that are not among Lucide's here are tried without their prefix. */
export function Glyph({ name, size, color }: { name: unknown; size?: string; color?: string }): JSX.Element {
  const [, set, key = ""] = /^(?:(lucide|vendor):)?(.*)$/s.exec(text(name)) ?? [];
  const shapes = set === "lucide" && Object.hasOwn(strokes, key) ? strokes[key] : undefined;
  const paths = [glyphs, own].find((known) => Object.hasOwn(known, key))?.[key] ?? neutral;
  return (
    <svg class="tf-icon" viewBox="0 0 24 24" style={{ width: size, height: size, color }} aria-hidden="true" data-stroked={shapes && true}>
      {shapes
        ? shapes.map(([tag, attributes], index) => createElement(tag, { ...attributes, key: index }))
        : paths.map((path) => <path key={path} d={path} />)}
    </svg>
  );
}
