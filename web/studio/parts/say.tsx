// What stands where there is nothing else: notes, empty states, waiting, errors, faults.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import type { Fault } from "../api/types";
import { link } from "../app/router";
import { Button, type Tone } from "./button";
import { Icon, type IconName } from "./icon";

export function Note({ tone, children }: { tone?: Tone; children: ComponentChildren }): JSX.Element {
  const icons: Record<string, IconName> = { bad: "bad", warn: "warn", good: "good" };
  return (
    <div class="note" data-tone={tone} role={tone === "bad" ? "alert" : undefined}>
      <Icon name={icons[tone ?? ""] ?? "alert"} />
      <div class="grow">{children}</div>
    </div>
  );
}

export function Empty({ icon, title, children, actions }: { icon: IconName; title: string; children?: ComponentChildren; actions?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children && <div>{children}</div>}
      {actions && <div class="empty-actions">{actions}</div>}
    </div>
  );
}

/** A wheel, but only for what takes longer than 300 ms. */
export function Waiting({ children = "Loading…" }: { children?: ComponentChildren }): JSX.Element | null {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return late ? (
    <div class="waiting" role="status">
      <Icon name="wait" spin />
      {children}
    </div>
  ) : null;
}

/** What the server refused, in its words, with a way to try again. */
export function Refusal({ error, again }: { error: unknown; again?: () => void }): JSX.Element {
  const known = error instanceof ApiError ? error : undefined;
  return (
    <Empty
      icon="bad"
      title={error instanceof Error ? error.message : String(error)}
      actions={again && <Button icon="refresh" onClick={again}>Try again</Button>}
    >
      {known?.help && <Words>{known.help}</Words>}
    </Empty>
  );
}

/** A sentence in which what stands between backticks is code. */
export function Words({ children }: { children: string }): JSX.Element {
  return <>{children.split(/`([^`\n]+)`/).map((part, index) => (index % 2 === 1 ? <code class="said-code">{part}</code> : part))}</>;
}

/** One fault with its place and its cure; the place leads to the page where it is mended. */
export function FaultLine({ fault, full }: { fault: Fault; full?: boolean }): JSX.Element {
  const bad = fault.severity === "error";
  const where = fault.file && `${fault.file}${fault.line ? `:${fault.line}${fault.column ? `:${fault.column}` : ""}` : ""}`;
  const target = fault.widget ? link("widgets", fault.widget, { line: fault.line ? String(fault.line) : undefined }) : fault.tool ? link("tools", fault.tool, { pane: "file", line: fault.line ? String(fault.line) : undefined }) : undefined;
  return (
    <li class="fault" data-tone={bad ? "bad" : "warn"}>
      <Icon name={bad ? "bad" : "warn"} />
      <div>
        <span class="only-read">{bad ? "Error: " : "Warning: "}</span>
        <Words>{fault.message}</Words>
        {fault.help && <p class="about"><Words>{fault.help}</Words></p>}
        {full && fault.excerpt && <pre tabIndex={0}>{fault.excerpt}</pre>}
      </div>
      {where && (target ? <a class="place" href={target}>{where}</a> : <span class="place">{where}</span>)}
    </li>
  );
}

export function FaultList({ faults, full }: { faults: Fault[]; full?: boolean }): JSX.Element {
  return (
    <ul>
      {faults.map((fault, index) => (
        <FaultLine key={`${fault.code}${fault.file}${fault.line}${index}`} fault={fault} full={full} />
      ))}
    </ul>
  );
}

/** How many faults something has, as a mark; nothing if none. */
export function FaultCount({ faults }: { faults: Fault[] | undefined }): JSX.Element | null {
  if (!faults || faults.length === 0) return null;
  const bad = faults.some((fault) => fault.severity === "error");
  return (
    <span class="fault-count" data-tone={bad ? "bad" : "warn"} title={faults.map((fault) => fault.message).join("\n")}>
      <Icon name={bad ? "bad" : "warn"} />
      {faults.length}
      <span class="only-read">{faults.length === 1 ? "fault" : "faults"}</span>
    </span>
  );
}
