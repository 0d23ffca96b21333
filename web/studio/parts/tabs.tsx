// Tabs, with the arrow keys as ARIA has them.

import type { ComponentChildren, JSX } from "preact";

export interface Tab<T extends string> {
  id: T;
  label: ComponentChildren;
}

interface TabsProps<T extends string> {
  /** Names the set, and keeps ids apart. */
  name: string;
  label: string;
  tabs: readonly Tab<T>[];
  value: T;
  onChange(tab: T): void;
  /** Stands at the end of the line. */
  more?: ComponentChildren;
}

export function Tabs<T extends string>({ name, label, tabs, value, onChange, more }: TabsProps<T>): JSX.Element {
  function key(event: KeyboardEvent): void {
    const at = tabs.findIndex((tab) => tab.id === value);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length]!;
    onChange(next.id);
    requestAnimationFrame(() => document.getElementById(`${name}-tab-${next.id}`)?.focus());
  }
  return (
    <div class="tabs">
      <div role="tablist" aria-label={label} class="row" style={{ gap: "2px" }} onKeyDown={key}>
        {tabs.map((tab) => (
          <button
            key={tab.id} id={`${name}-tab-${tab.id}`} type="button" role="tab" class="tab" aria-selected={tab.id === value}
            aria-controls={tab.id === value ? `${name}-panel` : undefined} tabIndex={tab.id === value ? 0 : -1} onClick={() => onChange(tab.id)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      {more && <div class="row" style={{ marginInlineStart: "auto", flex: "none" }}>{more}</div>}
    </div>
  );
}

/** What the chosen tab shows. */
export function TabPanel({ name, tab, children }: { name: string; tab: string; children: ComponentChildren }): JSX.Element {
  return (
    <div class="tab-panel" role="tabpanel" id={`${name}-panel`} aria-labelledby={`${name}-tab-${tab}`} tabIndex={0}>
      {children}
    </div>
  );
}
