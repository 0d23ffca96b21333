// The frame around every page: the side bar with the project's tools and widgets, its state, the theme, the keys.

import { signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { busy } from "../api/client";
import { heard } from "../api/events";
import { errors, faults, faultsOf, project } from "../api/store";
import { Button, Key } from "../parts/button";
import { Icon } from "../parts/icon";
import { VirtualList } from "../parts/list";
import { FaultCount } from "../parts/say";
import { Toasts } from "../parts/toast";
import { useKeys } from "./keys";
import { Overlays, pages, shown } from "./palette";
import { go, link, place } from "./router";
import { choice, theme } from "./theme";

/** Which list the side bar shows. */
const kind = signal<"tools" | "widgets">("tools");
/** What was looked at last. */
const last = { tools: "", widgets: "" };

export function Shell({ children }: { children: ComponentChildren }): JSX.Element {
  const [section = "", name = ""] = place.value.parts;
  useEffect(() => {
    if ((section === "tools" || section === "widgets") && name) {
      last[section] = name;
      kind.value = section;
    }
  }, [section, name]);
  const first = (list: "tools" | "widgets") => {
    const to = last[list] || project.value?.[list][0]?.name;
    go(to ? link(list, to) : link());
  };
  useKeys({
    "Control+k": () => (shown.value = "palette"),
    "/": () => {
      const field = document.querySelector<HTMLInputElement>("[data-search]");
      if (field) field.focus();
      else shown.value = "palette";
    },
    "?": () => (shown.value = "keys"),
    d: () => (choice.value = theme.value === "dark" ? "light" : "dark"),
    "g t": () => first("tools"),
    "g w": () => first("widgets"),
    ...Object.fromEntries(pages.map((page) => [page.keys, () => go(link(...page.to))])),
  });
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>Skip to the page</a>
      <Side section={section} name={name} />
      <main class="shell-main" id="main" tabIndex={-1} style={{ outline: "none" }}>
        {busy.value && <div class="progress" role="progressbar" aria-label="Working" />}
        {children}
      </main>
      <Overlays />
      <Toasts />
    </div>
  );
}

function Side({ section, name }: { section: string; name: string }): JSX.Element {
  const found = project.value;
  const themes = { system: ["system", "light"], light: ["sun", "dark"], dark: ["moon", "system"] } as const;
  const [icon, next] = themes[choice.value];
  return (
    <nav class="side" aria-label="Studio">
      <div class="side-head">
        <a href={link()} title={found?.server.name}>
          <Mark />
          <span class="label cut">{found?.server.title || found?.server.name || "Toolface"}</span>
        </a>
      </div>
      <div class="side-search">
        <button type="button" onClick={() => (shown.value = "palette")} aria-label="Go to… Ctrl K" aria-keyshortcuts="Control+K">
          <Icon name="search" />
          <span class="label grow">Go to…</span>
          <Key>Ctrl K</Key>
        </button>
      </div>
      <ul class="side-nav">
        {pages.map((page) => (
          <li key={page.title}>
            <a href={link(...page.to)} aria-current={section === (page.to[0] ?? "") ? "page" : undefined} title={`${page.title} (${page.keys})`}>
              <Icon name={page.icon} />
              <span class="label">{page.title}</span>
            </a>
          </li>
        ))}
      </ul>
      <div class="side-kinds" role="group" aria-label="List">
        {(["tools", "widgets"] as const).map((one) => (
          <button key={one} type="button" aria-pressed={kind.value === one} onClick={() => (kind.value = one)}>
            {one === "tools" ? "Tools" : "Widgets"} <span class="faint">{found ? (one === "tools" ? found.tools.filter((tool) => !tool.builtin) : found.widgets).length.toLocaleString() : ""}</span>
          </button>
        ))}
      </div>
      <SideList section={section} name={name} />
      <div class="side-foot">
        <SideState />
        <Button look="plain" size="s" icon={icon} label={`Theme: ${choice.value}. Switch to ${next}.`} onClick={() => (choice.value = next)} />
        <Button look="plain" size="s" icon="keyboard" label="Keys (?)" onClick={() => (shown.value = "keys")} />
      </div>
    </nav>
  );
}

function SideList({ section, name }: { section: string; name: string }): JSX.Element {
  const one = kind.value;
  const items: { name: string; title: string }[] = project.value?.[one] ?? [];
  const of = faultsOf.value[one];
  return (
    <VirtualList
      key={one} class="side-list" label={one === "tools" ? "Tools" : "Widgets"} items={items} height={28} name={(item) => item.name}
      reveal={section === one ? items.findIndex((item) => item.name === name) : undefined}
    >
      {(item) => (
        <a class="side-item" href={link(one, item.name)} aria-current={section === one && item.name === name ? "page" : undefined} title={item.title ? `${item.title} · ${item.name}` : item.name}>
          <span class="cut grow">{item.title || item.name}</span>
          <FaultCount faults={of.get(item.name)} />
        </a>
      )}
    </VirtualList>
  );
}

/** Whether the server is heard, and whether what it serves is what the files say. */
function SideState(): JSX.Element {
  const warnings = faults.value.faults.length - errors.value;
  const lost = heard.value === "lost";
  const broken = project.value?.state.ok === false;
  const tone = lost || broken || errors.value > 0 ? "bad" : warnings > 0 ? "warn" : "good";
  const said = lost
    ? "Server not reached"
    : broken || errors.value > 0
      ? `${errors.value} ${errors.value === 1 ? "error" : "errors"}`
      : warnings > 0
        ? `${warnings} ${warnings === 1 ? "warning" : "warnings"}`
        : project.value
          ? "No faults"
          : "Loading";
  return (
    <a class="side-state" href={link({ show: "faults" })} title={said}>
      <span class="dot" data-tone={tone} />
      <span class="label cut" role="status">{said}</span>
    </a>
  );
}

function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 20 20" aria-hidden="true">
      <rect x="1" y="1" width="18" height="18" rx="5" fill="currentColor" />
      <path d="M5 6.5h10M5 10h6M5 13.5h4" stroke="var(--on-accent)" stroke-width="1.8" stroke-linecap="round" />
      <circle cx="14" cy="12.6" r="2.2" fill="var(--on-accent)" />
    </svg>
  );
}

/** The head of a page: what it shows, and what can be done with it. */
export function Head({ title, about, badges, children }: { title: ComponentChildren; about?: ComponentChildren; badges?: ComponentChildren; children?: ComponentChildren }): JSX.Element {
  useEffect(() => {
    document.title = `${typeof title === "string" ? title : "Studio"} · ${project.value?.server.title || project.value?.server.name || "Toolface"}`;
  }, [title, project.value]);
  return (
    <header class="head">
      <div class="head-titles">
        <div class="row">
          <h1 class="cut">{title}</h1>
          {badges}
        </div>
        {about && <p class="cut">{about}</p>}
      </div>
      {children && <div class="head-actions">{children}</div>}
    </header>
  );
}
