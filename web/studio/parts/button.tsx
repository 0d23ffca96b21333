// Buttons, keys, badges, segments: the small controls of every page.

import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icon";
import { toast } from "./toast";

interface ButtonProps {
  icon?: IconName;
  look?: "main" | "plain" | "danger";
  size?: "s";
  /** The name of a button that shows only its icon; also its tip. */
  label?: string;
  /** Shows a wheel and takes no press. */
  working?: boolean;
  disabled?: boolean;
  /** Makes it a link. */
  href?: string;
  pressed?: boolean;
  title?: string;
  type?: "submit" | "button";
  onClick?(event: MouseEvent): void;
  children?: ComponentChildren;
}

export function Button({ icon, look, size, label, working, disabled, href, pressed, title, type = "button", onClick, children }: ButtonProps): JSX.Element {
  const inside = (
    <>
      {working ? <Icon name="wait" spin /> : icon && <Icon name={icon} />}
      {children}
    </>
  );
  const common = { class: "button", "data-look": look, "data-size": size, "data-icon": children === undefined || undefined, "aria-label": label, title: title ?? label };
  if (href !== undefined) return <a {...common} href={href}>{inside}</a>;
  return (
    <button {...common} type={type} disabled={disabled || working} aria-busy={working || undefined} aria-pressed={pressed} onClick={onClick}>
      {inside}
    </button>
  );
}

export function Key({ children }: { children: ComponentChildren }): JSX.Element {
  return <kbd class="key">{children}</kbd>;
}

export type Tone = "accent" | "good" | "warn" | "bad";

export function Badge({ tone, icon, title, children }: { tone?: Tone; icon?: IconName; title?: string; children: ComponentChildren }): JSX.Element {
  return (
    <span class="badge" data-tone={tone} title={title}>
      {icon && <Icon name={icon} />}
      {children}
    </span>
  );
}

interface SegmentsProps<T extends string> {
  label: string;
  value: T;
  options: readonly (readonly [T, ComponentChildren])[];
  onChange(value: T): void;
}

/** A few choices of which one holds. */
export function Segments<T extends string>({ label, value, options, onChange }: SegmentsProps<T>): JSX.Element {
  return (
    <div class="segments" role="group" aria-label={label}>
      {options.map(([name, shown]) => (
        <button key={name} type="button" aria-pressed={name === value} onClick={() => onChange(name)}>
          {shown}
        </button>
      ))}
    </div>
  );
}

/** Puts text on the clipboard and says so. */
export async function copy(text: string, what = "Copied."): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(what, "good");
}

export function CopyButton({ text, label = "Copy", what }: { text: string | (() => string); label?: string; what?: string }): JSX.Element {
  return (
    <Button icon="copy" size="s" look="plain" onClick={() => void copy(typeof text === "string" ? text : text(), what)}>
      {label}
    </Button>
  );
}
