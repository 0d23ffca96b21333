// A widget's template as text to edit: JSON with Jinja in it. Its pieces, a form with lines and indentation, and where in it
// the cursor stands. Nothing here draws.

export interface Piece {
  kind: "string" | "jinja" | "punct" | "word" | "space";
  text: string;
  from: number;
}

/** The pieces of a template in order; whatever it is, all of its text is in them. */
export function pieces(source: string): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  const add = (kind: Piece["kind"], to: number) => {
    found.push({ kind, text: source.slice(at, to), from: at });
    at = to;
  };
  while (at < source.length) {
    const two = source.slice(at, at + 2);
    if (two === "{{" || two === "{%" || two === "{#") add("jinja", jinjaEnd(source, at));
    else if (source[at] === '"') add("string", stringEnd(source, at));
    else if ("{}[],:".includes(source[at]!)) add("punct", at + 1);
    else if (/\s/.test(source[at]!)) add("space", at + /^\s+/.exec(source.slice(at, at + 2_000))![0].length);
    else add("word", at + /^[^\s{}[\],:"]+/.exec(source.slice(at, at + 2_000))![0].length);
  }
  return found;
}

function jinjaEnd(source: string, from: number): number {
  const close = { "{{": "}}", "{%": "%}", "{#": "#}" }[source.slice(from, from + 2)]!;
  let quote = "";
  for (let at = from + 2; at < source.length; at++) {
    const letter = source[at]!;
    if (quote) {
      if (letter === "\\") at++;
      else if (letter === quote) quote = "";
    } else if (close !== "#}" && (letter === '"' || letter === "'")) quote = letter;
    else if (source.startsWith(close, at)) return at + 2;
  }
  return source.length;
}

/** A string of JSON may have Jinja in it, and that strings of its own. */
function stringEnd(source: string, from: number): number {
  for (let at = from + 1; at < source.length; at++) {
    const two = source.slice(at, at + 2);
    if (two === "{{" || two === "{%" || two === "{#") at = jinjaEnd(source, at) - 1;
    else if (source[at] === "\\") at++;
    else if (source[at] === '"') return at + 1;
  }
  return source.length;
}

const WIDTH = 96;

/**
 * The template in lines. Only space between pieces differs, which JSON and so the result do not mind; within strings and
 * within Jinja nothing is touched.
 */
export function laidOut(source: string): string {
  const parts = pieces(source).filter((piece) => piece.kind !== "space");
  const lines: string[] = [];
  let line = "";
  let level = 0;
  const end = () => {
    if (line.trim() !== "") lines.push("  ".repeat(Math.max(0, level)) + line.trim());
    line = "";
  };
  for (let at = 0; at < parts.length; at++) {
    const { kind, text } = parts[at]!;
    if (kind === "punct" && (text === "{" || text === "[")) {
      const short = flat(parts, at);
      if (short) {
        line += short.text;
        at = short.last;
        continue;
      }
      line += text;
      end();
      level++;
    } else if (kind === "punct" && (text === "}" || text === "]")) {
      end();
      level--;
      line = text;
    } else if (kind === "punct" && text === ",") {
      line += ",";
      end();
    } else if (kind === "punct") line += ": ";
    else if (kind === "jinja" && text.startsWith("{%")) {
      const choice = line.endsWith(": ") ? oneValue(parts, at) : undefined;
      if (choice) {
        line += choice.text;
        at = choice.last;
        continue;
      }
      end();
      if (/^\{%-?\s*(end\w+|else|elif)\b/.test(text)) level--;
      line = text;
      end();
      if (/^\{%-?\s*(if|for|else|elif|macro|call|filter)\b/.test(text)) level++;
    } else line += text;
  }
  end();
  return lines.join("\n");
}

/** An object or list without statements that fits one line. */
function flat(parts: Piece[], from: number): { text: string; last: number } | undefined {
  let depth = 0;
  let text = "";
  for (let at = from; at < parts.length; at++) {
    const piece = parts[at]!;
    if (piece.kind === "jinja" && piece.text.startsWith("{%")) return undefined;
    if (piece.text === "{" || piece.text === "[") depth++;
    if (piece.text === "}" || piece.text === "]") depth--;
    text += piece.text === "," ? ", " : piece.text === ":" && piece.kind === "punct" ? ": " : piece.text;
    if (text.length > WIDTH || depth > 2) return undefined;
    if (depth === 0) return { text, last: at };
  }
  return undefined;
}

/** A choice between single values that fits one line: `{% if a %}"b"{% else %}"c"{% endif %}`. */
function oneValue(parts: Piece[], from: number): { text: string; last: number } | undefined {
  let depth = 0;
  let text = "";
  for (let at = from; at < parts.length; at++) {
    const piece = parts[at]!;
    if (piece.kind === "punct") return undefined;
    if (piece.kind === "jinja" && /^\{%-?\s*if\b/.test(piece.text)) depth++;
    if (piece.kind === "jinja" && /^\{%-?\s*endif\b/.test(piece.text)) depth--;
    text += piece.text;
    if (text.length > WIDTH * 2) return undefined;
    if (depth === 0) return piece.text.includes("endif") ? { text, last: at } : undefined;
  }
  return undefined;
}

export interface Spot {
  /** Whether a name of a member or its value is written there. */
  what: "name" | "value" | "jinja";
  /** The type of the component around it, as far as it is told. */
  type: string | undefined;
  /** The member whose value it is. */
  name: string | undefined;
  /** The way there from the outermost value: names of members, nothing for an element of a list. */
  path: (string | undefined)[];
  /** What stands there, and where it begins; within quotes if there are any. */
  text: string;
  from: number;
  quoted: boolean;
}

/** What stands at a place of a template. */
export function spotAt(source: string, place: number): Spot {
  const all = pieces(source);
  const open: { type: string | undefined; name: string | undefined; value: boolean; list: boolean }[] = [];
  let here: Piece | undefined;
  for (const piece of all) {
    if (piece.from >= place) break;
    if (piece.from + piece.text.length >= place && (piece.kind === "string" || piece.kind === "word" || piece.kind === "jinja") && !(piece.kind === "string" && closed(piece) && piece.from + piece.text.length === place)) {
      here = piece;
      break;
    }
    const top = open.at(-1);
    if (piece.kind === "punct") {
      if (piece.text === "{" || piece.text === "[") open.push({ type: undefined, name: undefined, value: false, list: piece.text === "[" });
      else if (piece.text === "}" || piece.text === "]") open.pop();
      else if (piece.text === ":" && top) top.value = true;
      else if (piece.text === "," && top && !top.list) {
        top.value = false;
        top.name = undefined;
      }
    } else if (piece.kind === "string" && top && !top.list) {
      const said = piece.text.slice(1, -1);
      if (!top.value) top.name = said;
      else if (top.name === "type") top.type = said;
    }
  }
  const top = open.at(-1);
  const path = open.slice(0, -1).map((one) => (one.list ? undefined : one.name));
  if (here?.kind === "jinja") return { what: "jinja", type: top?.type, name: top?.name, path, text: "", from: place, quoted: false };
  const quoted = here?.kind === "string";
  const from = here ? here.from + (quoted ? 1 : 0) : place;
  const type = top?.type ?? typeAfter(all, here?.from ?? place);
  return { what: top && !top.list && !top.value ? "name" : "value", type, name: top?.name, path, text: source.slice(from, place), from, quoted };
}

const closed = (piece: Piece): boolean => piece.text.length > 1 && piece.text.endsWith('"');

/** The type of an object told after the place, within the same object. */
function typeAfter(all: Piece[], place: number): string | undefined {
  let depth = 0;
  const rest = all.filter((piece) => piece.from >= place && piece.kind !== "space");
  for (let at = 0; at < rest.length; at++) {
    const { text, kind } = rest[at]!;
    if (text === "{" || text === "[") depth++;
    if (text === "}" || text === "]") depth--;
    if (depth < 0) return undefined;
    if (depth === 0 && kind === "string" && text === '"type"' && rest[at + 1]?.text === ":") return rest[at + 2]?.text.replaceAll('"', "");
  }
  return undefined;
}
