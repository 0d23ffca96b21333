// The palette of Ctrl-K: every page, tool and widget by a few letters. And the list of keys.

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { project } from "../api/store";
import { Key } from "../parts/button";
import { Icon, type IconName } from "../parts/icon";
import { Dialog } from "./dialog";
import { go, link } from "./router";
import { choice } from "./theme";

export const shown = signal<"palette" | "keys" | undefined>(undefined);

interface Command {
  icon: IconName;
  title: string;
  about: string;
  kind: string;
  run(): void;
}

export const pages: readonly { icon: IconName; title: string; keys: string; to: string[] }[] = [
  { icon: "grid", title: "Overview", keys: "g o", to: [] },
  { icon: "compare", title: "Clients", keys: "g c", to: ["clients"] },
  { icon: "activity", title: "Traffic", keys: "g r", to: ["traffic"] },
  { icon: "bot", title: "Agents", keys: "g a", to: ["agents"] },
  { icon: "plus", title: "New", keys: "g n", to: ["new"] },
];

function commands(): Command[] {
  const found = project.value;
  return [
    ...pages.map(({ icon, title, to }) => ({ icon, title, about: "", kind: "page", run: () => go(link(...to)) })),
    ...(found?.tools ?? []).map((tool): Command => ({ icon: "wrench", title: tool.title || tool.name, about: tool.name, kind: "tool", run: () => go(link("tools", tool.name)) })),
    ...(found?.widgets ?? []).map((widget): Command => ({ icon: "shapes", title: widget.title || widget.name, about: widget.name, kind: "widget", run: () => go(link("widgets", widget.name)) })),
    { icon: "sun", title: "Light theme", about: "", kind: "theme", run: () => (choice.value = "light") },
    { icon: "moon", title: "Dark theme", about: "", kind: "theme", run: () => (choice.value = "dark") },
    { icon: "system", title: "Theme of the system", about: "", kind: "theme", run: () => (choice.value = "system") },
    { icon: "keyboard", title: "Keys", about: "", kind: "help", run: () => (shown.value = "keys") },
  ];
}

/** How well words fit: the start of a word is better than its middle, letters in order are better than nothing. */
export function fit(words: string, wanted: string): number {
  if (wanted === "") return 1;
  const text = words.toLowerCase();
  const at = text.indexOf(wanted);
  if (at === 0) return 4;
  if (at > 0) return /[\s_\-.]/.test(text[at - 1]!) ? 3 : 2;
  let from = 0;
  for (const letter of wanted) {
    from = text.indexOf(letter, from) + 1;
    if (from === 0) return 0;
  }
  return 0.5;
}

const MOST = 60;

function Palette(): JSX.Element {
  const [wanted, setWanted] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const all = useMemo(commands, [project.value]);
  const found = useMemo(() => {
    const words = wanted.trim().toLowerCase();
    return all
      .map((command) => ({ command, score: Math.max(fit(command.title, words), fit(command.about, words), fit(command.kind, words) > 1 ? 0.8 : 0) }))
      .filter(({ score }) => score > 0)
      .toSorted((a, b) => b.score - a.score)
      .slice(0, MOST)
      .map(({ command }) => command);
  }, [all, wanted]);
  const active = Math.min(at, found.length - 1);
  useEffect(() => list.current?.children[active]?.scrollIntoView({ block: "nearest" }), [active]);
  const run = (command: Command | undefined) => {
    if (!command) return;
    shown.value = undefined;
    command.run();
  };
  function key(event: KeyboardEvent): void {
    const to = { ArrowDown: active + 1, ArrowUp: active - 1 }[event.key];
    if (to !== undefined) setAt((to + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") run(found[active]);
    else return;
    event.preventDefault();
  }
  return (
    <Dialog label="Go to" class="palette" onClose={() => (shown.value = undefined)}>
      <input
        type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant={found.length ? `palette-${active}` : undefined} aria-label="Tool, widget or page"
        placeholder="Go to a tool, a widget, a page…" value={wanted} onKeyDown={key} spellcheck={false} autocomplete="off"
        onInput={(event) => {
          setWanted(event.currentTarget.value);
          setAt(0);
        }}
      />
      {found.length === 0 && <p class="quiet" style={{ padding: "20px 16px" }}>Nothing is named like this.</p>}
      <ul ref={list} id="palette-list" role="listbox" aria-label="Found">
        {found.map((command, index) => (
          <li key={`${command.kind} ${command.title} ${command.about}`} id={`palette-${index}`} role="option" aria-selected={index === active} onPointerMove={() => setAt(index)} onClick={() => run(command)}>
            <Icon name={command.icon} />
            <span class="cut">{command.title}</span>
            <span class="mono quiet cut">{command.about}</span>
            <span class="hint quiet">{command.kind}</span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

const keys: [string[], string][] = [
  [["/"], "Search"],
  [["Ctrl", "K"], "Go to a tool, a widget, a page"],
  ...pages.map(({ keys, title }): [string[], string] => [keys.split(" "), title]),
  [["g", "t"], "The tool looked at last, else the first"],
  [["g", "w"], "The widget looked at last, else the first"],
  [["Ctrl", "Enter"], "Run the tool"],
  [["Ctrl", "S"], "Save"],
  [["d"], "Dark or light"],
  [["?"], "This list"],
  [["↑", "↓", "←", "→"], "Move in tabs and trees; c copies a path"],
];

function KeyList(): JSX.Element {
  return (
    <Dialog label="Keys" onClose={() => (shown.value = undefined)}>
      <div class="panel-head"><h2>Keys</h2></div>
      <dl class="keys" tabIndex={0}>
        {keys.map(([pressed, what]) => (
          <>
            <dt class="row" style={{ gap: "4px" }}>{pressed.map((key) => <Key key={key}>{key}</Key>)}</dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
    </Dialog>
  );
}

export function Overlays(): JSX.Element | null {
  if (shown.value === "palette") return <Palette />;
  if (shown.value === "keys") return <KeyList />;
  return null;
}
