// JSON as a tree: folds, arrow keys, the path of a value copied, and who points at what is told.

import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import type { Json } from "../api/types";
import { copy } from "./button";
import { Icon } from "./icon";

export type Path = (string | number)[];

interface TreeProps {
  value: Json | undefined;
  label: string;
  /** How deep it is open to begin with. */
  depth?: number;
  /** Told where the pointer or the focus is; `undefined` when it left. */
  onPoint?(path: Path | undefined): void;
  /** What a folded object says of itself. */
  sum?(value: Json): string | undefined;
}

interface Line {
  id: string;
  path: Path;
  name: string | number | undefined;
  value: Json;
  level: number;
  open: boolean | undefined;
}

/** A path as one writes it in code: `tree.children[0].value`. */
export function written(path: Path): string {
  return path.map((key, index) => (typeof key === "number" ? `[${key}]` : /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? (index === 0 ? key : `.${key}`) : `[${JSON.stringify(key)}]`)).join("");
}

const size = (value: Json): number => (Array.isArray(value) ? value.length : value && typeof value === "object" ? Object.keys(value).length : 0);
/** Long lists are shown in part until asked. */
const MOST = 200;

export function JsonTree({ value, label, depth = 2, onPoint, sum }: TreeProps): JSX.Element {
  const [folds, setFolds] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [active, setActive] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => (value === undefined ? [] : flat(value, folds, depth)), [value, folds, depth]);
  const fold = (line: Line, open: boolean) => setFolds(new Map(folds).set(line.id, open));
  const at = lines.some((line) => line.id === active) ? active : lines[0]?.id;

  function key(event: KeyboardEvent): void {
    const index = lines.findIndex((line) => line.id === at);
    const line = lines[index];
    if (!line || event.ctrlKey || event.metaKey) return;
    let to: number | undefined;
    if (event.key === "ArrowDown") to = index + 1;
    else if (event.key === "ArrowUp") to = index - 1;
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = lines.length - 1;
    else if (event.key === "ArrowRight") line.open === false ? fold(line, true) : (to = index + 1);
    else if (event.key === "ArrowLeft") {
      if (line.open) fold(line, false);
      else to = lines.findLastIndex((other, n) => n < index && other.level < line.level);
    } else if (event.key === "Enter" && line.open !== undefined) fold(line, !line.open);
    else if (event.key === "c") void copy(written(line.path), `Copied the path ${written(line.path)}`);
    else return;
    event.preventDefault();
    const target = to === undefined ? undefined : lines[Math.max(0, Math.min(lines.length - 1, to))];
    if (target) focus(target);
  }
  function focus(line: Line): void {
    setActive(line.id);
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(line.id)}"]`)?.focus());
  }

  return (
    <div class="tree" role="tree" aria-label={label} ref={box} onKeyDown={key} onPointerLeave={() => onPoint?.(undefined)}>
      {lines.map((line) => (
        <div
          key={line.id} role="treeitem" class="tree-line" data-id={line.id} tabIndex={line.id === at ? 0 : -1} aria-level={line.level + 1} aria-expanded={line.open}
          style={{ paddingInlineStart: `${line.level * 14 + 2}px` }}
          onPointerEnter={() => onPoint?.(line.path)}
          onFocus={() => {
            setActive(line.id);
            onPoint?.(line.path);
          }}
          onBlur={() => onPoint?.(undefined)}
          onDblClick={() => line.open !== undefined && fold(line, !line.open)}
        >
          {line.open === undefined ? (
            <span class="tree-fold" />
          ) : (
            <span class="tree-fold" aria-hidden="true" aria-expanded={undefined} onClick={() => fold(line, !line.open)}>
              <svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.5" style={{ transform: line.open ? "rotate(90deg)" : undefined }}><path d="m9 18 6-6-6-6" /></svg>
            </span>
          )}
          {line.name !== undefined && (
            <>
              <span class="name">{line.name}</span>
              <span class="punct">:</span>
            </>
          )}
          <Shown line={line} sum={sum} />
          <span class="tree-copy" role="presentation" title={`Copy ${written(line.path)}`} onClick={() => void copy(written(line.path), `Copied the path ${written(line.path)}`)}>path</span>
          <span class="tree-copy" role="presentation" style={{ marginInlineStart: 0 }} onClick={() => void copy(text(line.value), "Copied the value.")}>value</span>
        </div>
      ))}
    </div>
  );
}

const text = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

function Shown({ line, sum }: { line: Line; sum?: (value: Json) => string | undefined }): JSX.Element {
  const { value, open } = line;
  if (open === undefined) {
    const kind = typeof value === "string" ? "string" : typeof value === "number" ? "number" : "word";
    const shown = typeof value === "object" && value !== null ? (Array.isArray(value) ? "[]" : "{}") : JSON.stringify(value);
    return <span class={`value ${kind}`} title={typeof value === "string" && value.length > 60 ? value.slice(0, 1000) : undefined}>{shown.length > 400 ? `${shown.slice(0, 400)}…` : shown}</span>;
  }
  const many = size(value);
  const own = sum?.(value);
  return <span class="value sum">{own ? <b class="word">{own} </b> : null}{Array.isArray(value) ? `[${many}]` : open && own ? "" : `{${many}}`}</span>;
}

function flat(root: Json, folds: ReadonlyMap<string, boolean>, depth: number): Line[] {
  const lines: Line[] = [];
  const walk = (value: Json, name: string | number | undefined, path: Path, level: number) => {
    const id = JSON.stringify(path);
    const many = size(value);
    const open = many === 0 ? undefined : (folds.get(id) ?? level < depth);
    lines.push({ id, path, name, value, level, open });
    if (!open) return;
    const entries: [string | number, Json][] = Array.isArray(value) ? value.map((one, index) => [index, one]) : Object.entries(value as object);
    for (const [key, below] of entries.slice(0, MOST)) walk(below, key, [...path, key], level + 1);
    if (entries.length > MOST) lines.push({ id: `${id}…`, path, name: undefined, value: `… ${entries.length - MOST} more`, level: level + 1, open: undefined });
  };
  walk(root, undefined, [], 0);
  return lines;
}

/** Foldless marker so that other parts may show the same arrow. */
export const Fold = () => <Icon name="right" />;
