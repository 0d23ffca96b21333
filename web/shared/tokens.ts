// Owns the meaning of ChatKit's style values: colour tokens, spacing units, lengths, radii, borders, as CSS.

export type Theme = "light" | "dark";
export type Css = Record<string, string | undefined>;
type Props = Record<string, unknown>;
type Role = "text" | "background" | "border" | "chart";

const named: Record<Role, Record<string, string>> = {
  text: Object.fromEntries([
    ...["prose", "primary", "emphasis", "default"].map((name) => [name, "var(--color-text)"]),
    ...["secondary", "tertiary", "success", "warning", "danger", "info", "discovery", "caution"].map((name) => [
      name,
      `var(--color-text-${name})`,
    ]),
  ]),
  background: Object.fromEntries(
    ["surface", "surface-secondary", "surface-tertiary", "surface-elevated", "surface-elevated-secondary"].map((name) => [
      name,
      `var(--color-${name})`,
    ]),
  ),
  border: {
    default: "var(--color-border)",
    subtle: "var(--color-border-subtle)",
    strong: "var(--color-border-strong)",
  },
  chart: Object.fromEntries(
    ["blue", "purple", "orange", "green", "red", "yellow", "pink", "teal"].map((hue) => [hue, `var(--${hue}-400)`]),
  ),
};

const hueSteps = [25, 50, 75, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 1000];
const graySteps = [
  0, 25, 50, 75, 100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600, 650, 700, 750, 800, 850, 900, 925, 950, 975, 1000,
];
const veil: Record<string, number> = { a25: 8, a50: 15, a75: 28, a100: 45, a200: 60, a300: 75 };

/** A colour prop as CSS; undefined when there is none, when it is no colour, or when it could fetch something. */
export function color(value: unknown, role: Role, theme: Theme): string | undefined {
  if (isObject(value)) return color(value[theme] ?? value.light ?? value.dark, role, theme);
  if (typeof value !== "string" || value === "") return undefined;
  return named[role][value] ?? primitive(value) ?? painted(value, role);
}

/** Any other CSS colour; for a background also a gradient. What a browser does not know would take the whole rule with it. */
function painted(value: string, role: Role): string | undefined {
  const css = safeCss(value);
  return css !== undefined && CSS.supports(role === "background" ? "background" : "color", css) ? css : undefined;
}

function primitive(value: string): string | undefined {
  const alpha = /^alpha-(\d{1,3})$/.exec(value);
  if (alpha) return `color-mix(in oklab, var(--alpha-base) ${Math.min(100, Number(alpha[1]))}%, transparent)`;
  const step = /^(gray|red|orange|yellow|green|teal|blue|purple|pink)-(a?\d{1,4})$/.exec(value);
  if (!step) return undefined;
  const [, hue = "", name = ""] = step;
  if (name.startsWith("a")) return `color-mix(in oklab, var(--${hue}-400) ${veil[name] ?? 45}%, transparent)`;
  return `var(--${hue}-${nearest(Number(name), hue === "gray" ? graySteps : hueSteps)})`;
}

function nearest(step: number, steps: number[]): number {
  return steps.reduce((best, next) => (Math.abs(next - step) < Math.abs(best - step) ? next : best));
}

/** A CSS value that cannot fetch anything. */
export function safeCss(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  return /(url|image|image-set|src|element|paint|attr)\(|[\\;{}<>]/i.test(value) ? undefined : value;
}

/**
 * A CSS value whose lengths are the same in any frame: a frame is as high as its content, so that content of the height of
 * the frame would never end growing. Such units count as in a window of 800 px.
 */
function still(value: unknown): string | undefined {
  const units = /(?<![\w.])(\d*\.?\d+(?:e[+-]?\d+)?)(?:[sld]?v|cq)(?:h|b|min|max)\b/gi;
  return safeCss(value)?.replace(units, (_, count: string) => `${Math.round(Number(count) * 800) / 100}px`);
}

/** A length prop: a number is px, a string is CSS. */
export function length(value: unknown): string | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return `${value}px`;
  if (typeof value === "string" && /^\d+(\.\d+)?$/.test(value)) return `${value}px`;
  return still(value);
}

/** A spacing prop: a number counts units of 4 px, a string is CSS. */
export function spacing(value: unknown): string | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return `${value * 4}px`;
  if (typeof value === "string" && /^\d+(\.\d+)?$/.test(value)) return `${Number(value) * 4}px`;
  return still(value);
}

/** Padding or margin on each side: one value for all, or an object of sides. */
export function sides(value: unknown): { top?: string; right?: string; bottom?: string; left?: string } {
  if (isObject(value)) {
    const side = (name: string, axis: string) => spacing(value[name] ?? value[axis]);
    return { top: side("top", "y"), right: side("right", "x"), bottom: side("bottom", "y"), left: side("left", "x") };
  }
  const all = spacing(value);
  return all === undefined ? {} : { top: all, right: all, bottom: all, left: all };
}

const radii: Record<string, string> = {
  none: "0", "2xs": "2px", xs: "4px", sm: "6px", md: "8px", lg: "10px", xl: "12px",
  "2xl": "16px", "3xl": "20px", "4xl": "24px", full: "9999px", "100%": "100%",
};

export function radius(value: unknown): string | undefined {
  return typeof value === "string" ? radii[value] : undefined;
}

/** The border prop in its three forms: a width, one border, or borders by side. */
export function border(value: unknown, theme: Theme): Css {
  if (typeof value === "number") return { border: line(value, theme) };
  if (!isObject(value)) return {};
  if ("size" in value) return { border: line(value, theme) };
  const side = (name: string, axis: string) => line(value[name] ?? value[axis], theme);
  return {
    borderTop: side("top", "y"), borderRight: side("right", "x"),
    borderBottom: side("bottom", "y"), borderLeft: side("left", "x"),
  };
}

const lines = ["solid", "dashed", "dotted", "double", "groove", "ridge", "inset", "outset"];

function line(value: unknown, theme: Theme): string | undefined {
  if (typeof value === "number") return `${value}px solid var(--color-border)`;
  if (!isObject(value) || typeof value.size !== "number") return undefined;
  const style = lines.includes(String(value.style)) ? String(value.style) : "solid";
  return `${value.size}px ${style} ${color(value.color, "border", theme) ?? "var(--color-border)"}`;
}

const places: Record<string, string> = {
  start: "flex-start", end: "flex-end", center: "center", baseline: "baseline", stretch: "stretch",
  between: "space-between", around: "space-around", evenly: "space-evenly",
};

/** Alignment or justification as flex CSS. */
export function place(value: unknown): string | undefined {
  return typeof value === "string" ? places[value] : undefined;
}

/** The sizes a box, image or chart may state. */
export function dimensions(props: Props): Css {
  return {
    width: length(props.width ?? props.size),
    height: length(props.height ?? props.size),
    minWidth: atMost(props.minWidth ?? props.minSize),
    minHeight: length(props.minHeight ?? props.minSize),
    maxWidth: length(props.maxWidth ?? props.maxSize),
    maxHeight: length(props.maxHeight ?? props.maxSize),
    aspectRatio: ratio(props.aspectRatio),
    flex: flex(props.flex),
    flexShrink: small(props.width ?? props.size) && props.flex === undefined ? "0" : undefined,
  };
}

/** A least width never makes anything wider than its place. */
function atMost(value: unknown): string | undefined {
  const stated = length(value);
  return stated?.endsWith("px") ? `min(${stated}, 100%)` : stated;
}

/** A narrow thing of stated width is meant to be as wide as stated: a dot, a bar, a column of labels. */
function small(width: unknown): boolean {
  return typeof width === "number" && width <= 120;
}

function ratio(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return safeCss(value)?.replace(":", "/");
}

export function flex(value: unknown): string | undefined {
  if (typeof value === "number") return `${value} 1 0%`;
  return still(value);
}

/** Everything a flex container may state, from gap to margin. */
export function box(props: Props, theme: Theme): Css {
  const pad = sides(props.padding);
  const gap = sides(props.margin);
  return {
    ...dimensions(props),
    ...border(props.border, theme),
    alignItems: place(props.align),
    justifyContent: place(props.justify),
    flexWrap: choice(props.wrap, ["nowrap", "wrap", "wrap-reverse"]),
    gap: spacing(props.gap),
    paddingTop: pad.top, paddingRight: pad.right, paddingBottom: pad.bottom, paddingLeft: pad.left,
    ...edges(pad),
    marginTop: gap.top, marginRight: gap.right, marginBottom: gap.bottom, marginLeft: gap.left,
    background: color(props.background, "background", theme),
    borderRadius: radius(props.radius),
  };
}

/** What a flush child reaches across: the padding of the container it is in. */
export function edges(pad: ReturnType<typeof sides>): Css {
  return { "--edge-top": pad.top, "--edge-right": pad.right, "--edge-bottom": pad.bottom, "--edge-left": pad.left };
}

/** The value if it is one of those allowed. */
export function choice<const T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((one) => one === value);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
