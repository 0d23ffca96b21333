// Text as it is written, to read: JSON, TOML and plain text with a little colour; the difference of two texts.

import type { ComponentChildren, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { CopyButton } from "./button";

export type Language = "json" | "toml" | "text";

/** Text longer than this is shown without colour. */
const MOST = 200_000;

const rules: Record<Exclude<Language, "text">, RegExp> = {
  json: /(?<k>"(?:[^"\\]|\\.)*"(?=\s*:))|(?<s>"(?:[^"\\]|\\.)*")|(?<n>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<w>\b(?:true|false|null)\b)/g,
  toml: /(?<c>#[^\n]*)|(?<w>^\s*\[+[^\]\n]*\]+)|(?<s>"""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')|(?<k>^\s*[\w."-]+(?=\s*=))|(?<n>\b\d[\d_.:TZ+-]*\b|\b(?:true|false)\b)/gm,
};

function coloured(text: string, language: Language): ComponentChildren {
  if (language === "text" || text.length > MOST) return text;
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const match of text.matchAll(rules[language])) {
    const kind = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined)?.[0];
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push(<span class={kind}>{match[0]}</span>);
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts;
}

interface CodeProps {
  text: string;
  language?: Language;
  label: string;
  wrap?: boolean;
  /** Whether it can be copied by a button. */
  copies?: boolean;
}

export function Code({ text, language = "text", label, wrap, copies = true }: CodeProps): JSX.Element {
  const shown = useMemo(() => coloured(text, language), [text, language]);
  return (
    <div class="code" data-wrap={wrap || undefined}>
      {copies && text !== "" && (
        <div class="code-tools">
          <CopyButton text={text} />
        </div>
      )}
      <pre tabIndex={0} role="region" aria-label={label}>{shown}</pre>
    </div>
  );
}

export function JsonCode({ value, label, wrap }: { value: unknown; label: string; wrap?: boolean }): JSX.Element {
  return <Code text={JSON.stringify(value, null, 2) ?? "null"} language="json" label={label} wrap={wrap} />;
}

interface DiffLine {
  kind: "same" | "cut" | "add";
  text: string;
  before?: number;
  after?: number;
}

/** Longest text of which a true difference is made. */
const LINES = 3_000;

/** The lines of two texts, told apart. */
export function difference(before: string, after: string): DiffLine[] {
  const a = before.split("\n");
  const b = after.split("\n");
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let tail = 0;
  while (tail < a.length - start && tail < b.length - start && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const left = a.slice(start, a.length - tail);
  const right = b.slice(start, b.length - tail);
  const lines: DiffLine[] = [];
  const same = (text: string, i: number, j: number) => lines.push({ kind: "same", text, before: i + 1, after: j + 1 });
  for (let i = 0; i < start; i++) same(a[i]!, i, i);
  const cut = (i: number) => lines.push({ kind: "cut", text: left[i]!, before: start + i + 1 });
  const add = (j: number) => lines.push({ kind: "add", text: right[j]!, after: start + j + 1 });
  let i = 0;
  let j = 0;
  if (left.length * right.length <= LINES * LINES) {
    const width = right.length + 1;
    const common = new Uint32Array((left.length + 1) * width);
    for (let m = left.length - 1; m >= 0; m--) {
      for (let n = right.length - 1; n >= 0; n--) {
        common[m * width + n] = left[m] === right[n] ? common[(m + 1) * width + n + 1]! + 1 : Math.max(common[(m + 1) * width + n]!, common[m * width + n + 1]!);
      }
    }
    while (i < left.length && j < right.length) {
      if (left[i] === right[j]) same(left[i]!, start + i++, start + j++);
      else if (common[(i + 1) * width + j]! >= common[i * width + j + 1]!) cut(i++);
      else add(j++);
    }
  }
  while (i < left.length) cut(i++);
  while (j < right.length) add(j++);
  for (let n = tail; n > 0; n--) same(a[a.length - n]!, a.length - n, b.length - n);
  return lines;
}

/** The difference of two texts; what is the same is left out but for three lines around. */
export function Diff({ before, after, label }: { before: string; after: string; label: string }): JSX.Element {
  const lines = useMemo(() => difference(before, after), [before, after]);
  const near = useMemo(() => {
    const kept = new Set<number>();
    lines.forEach((line, index) => {
      if (line.kind !== "same") for (let n = index - 3; n <= index + 3; n++) kept.add(n);
    });
    return kept;
  }, [lines]);
  const shown: ComponentChildren[] = [];
  let skipped = 0;
  const skip = (key: string) => {
    if (skipped > 0) shown.push(<div class="diff-skip" key={key}>{skipped} {skipped === 1 ? "line" : "lines"} the same</div>);
    skipped = 0;
  };
  lines.forEach((line, index) => {
    if (!near.has(index)) return void skipped++;
    skip(`s${index}`);
    shown.push(
      <div class="diff-line" data-kind={line.kind} key={index}>
        <span>{line.before}</span>
        <span>{line.after}</span>
        <span>{{ same: "", add: "+", cut: "−" }[line.kind]}</span>
        <span>{line.text}</span>
      </div>,
    );
  });
  skip("end");
  return (
    <div class="diff" role="region" aria-label={label} tabIndex={0}>
      {shown}
    </div>
  );
}
