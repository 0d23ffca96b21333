// What a widget's sources make: drawn in the widget's real page, as text, as a tree; in which state, and where it is shown.

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { place, setQuery } from "../app/router";
import { client } from "../host/clients";
import { ViewFrame } from "../host/frame";
import { HostBar, type Setting, useSetting } from "../host/setting";
import { Prose } from "../host/terminal";
import { Badge, Button, Segments } from "../parts/button";
import { JsonTree } from "../parts/json";
import { Empty } from "../parts/say";
import type { Json, Result } from "../api/types";
import type { Rendered } from "./render";
import { type Preset, presets } from "./states";

interface PreviewProps {
  widget: string;
  /** The last that could be drawn. */
  rendered: Rendered | undefined;
  newest: Rendered | undefined;
  late: number;
  states: string[];
  state: string;
  onState(name: string): void;
  onAdd(kind: Preset | "copy" | "all"): void;
  onRename: ((name: string) => void) | undefined;
  onRemove: (() => void) | undefined;
  /** All states drawn beside each other. */
  all(theme: "light" | "dark"): JSX.Element;
}

type Show = "widget" | "states" | "text" | "tree";

export function Preview({ widget, rendered, newest, late, states, state, onState, onAdd, onRename, onRemove, all }: PreviewProps): JSX.Element {
  const setting = useSetting();
  const said = place.value.query.get("show");
  const show: Show = said === "text" || said === "tree" || said === "states" ? said : "widget";
  const old = newest !== undefined && newest.tree === null;
  return (
    <>
      <States {...{ states, state, onState, onAdd, onRename, onRemove }} />
      <HostBar setting={setting} simulated={false} />
      <div class="stage" data-theme={setting.theme} tabIndex={0} role="region" aria-label="Preview">
        {show === "states" ? all(setting.theme) : !rendered ? (newest ? <Empty icon="bad" title="Nothing to draw yet.">The faults beside this say why.</Empty> : null) : (
          <div class="preview" data-old={old || undefined} style={{ width: setting.width ? `${setting.width}px` : "100%" }}>
            {show === "widget" && <Page key={widget} widget={widget} rendered={rendered} setting={setting} />}
            {show === "text" && <div class="sheet"><Prose text={rendered.markdown ?? ""} /></div>}
            {show === "tree" && <div class="sheet"><JsonTree value={rendered.tree as unknown as Json} label="Tree" depth={8} sum={(value) => (typeof value === "object" && value !== null && !Array.isArray(value) && typeof value.type === "string" ? value.type : undefined)} /></div>}
          </div>
        )}
      </div>
      <div class="preview-foot row">
        <Segments label="Show" value={show} options={[["widget", "Widget"], ["states", "All states"], ["text", "Text"], ["tree", "Tree"]]} onChange={(next) => setQuery({ show: next === "widget" ? undefined : next })} />
        <span class="grow" />
        {old && <Badge tone="warn">the last that worked</Badge>}
        {newest && newest.degraded.length > 0 && <Badge tone="warn" title={newest.degraded.join("\n")}>{newest.degraded.length} missing</Badge>}
        {newest && <span class="mono faint" title={`template ${newest.milliseconds.template} ms, tree ${newest.milliseconds.tree} ms, data ${newest.milliseconds.data} ms`}>{Math.round(late)} ms</span>}
      </div>
    </>
  );
}

/** The page that hosts show, in a sandbox with an origin of its own. It stays, and is told each new tree as a result. */
function Page({ widget, rendered, setting }: { widget: string; rendered: Rendered; setting: Setting }): JSX.Element {
  const result = useMemo(
    (): Result => ({
      content: [{ type: "text", text: rendered.markdown ?? "" }],
      structuredContent: { widget_id: "", widget_type: widget, data: rendered.data },
      _meta: { "dev.toolface/widget": { id: "", type: widget, name: widget, tree: rendered.tree as unknown as Json, copyText: null, degraded: [] } },
    }),
    [rendered, widget],
  );
  const { theme, locale, timeZone } = setting;
  return <ViewFrame widget={widget} client={client("apps")} around={{ theme, locale, timeZone }} tool={undefined} args={{}} result={result} title="The widget as hosts show it" call={refuse} />;
}

/** Nothing is run while a widget is written: what a control would call is told beside it. */
const refuse = (tool: string, args: object): Promise<Result> =>
  Promise.reject(new Error(`This would call ${tool} with ${JSON.stringify(args)}. Nothing is run while a widget is written.`));

function States({ states, state, onState, onAdd, onRename, onRemove }: Pick<PreviewProps, "states" | "state" | "onState" | "onAdd" | "onRename" | "onRemove">): JSX.Element {
  const [open, setOpen] = useState(false);
  const [naming, setNaming] = useState(false);
  const name = (to: string) => {
    setNaming(false);
    if (to.trim() !== "" && to.trim() !== state) onRename?.(to.trim());
  };
  const add = (kind: Preset | "copy" | "all") => {
    setOpen(false);
    onAdd(kind);
  };
  return (
    <div class="states">
      <span class="quiet">State</span>
      <Segments label="State" value={state} options={states.map((name) => [name, name] as const)} onChange={onState} />
      <span class="states-add">
        <Button size="s" look="plain" icon="plus" pressed={open} onClick={() => setOpen(!open)}>Add</Button>
        {open && (
          <span class="states-menu" role="group" aria-label="Add a state" onKeyDown={(event) => event.key === "Escape" && setOpen(false)}>
            {presets.map((kind) => <button type="button" key={kind} onClick={() => add(kind)}>{kind}</button>)}
            <button type="button" onClick={() => add("all")}>all of these</button>
            <button type="button" onClick={() => add("copy")}>copy of this one</button>
          </span>
        )}
      </span>
      {onRename && naming && (
        <input
          class="input state-name" aria-label="Name of the state" value={state} autoFocus onBlur={(event) => name(event.currentTarget.value)}
          onKeyDown={(event) => (event.key === "Enter" ? name(event.currentTarget.value) : event.key === "Escape" && setNaming(false))}
        />
      )}
      {onRename && !naming && <Button size="s" look="plain" icon="pencil" label={`Rename the state ${state}`} onClick={() => setNaming(true)} />}
      {onRemove && <Button size="s" look="plain" icon="trash" label={`Remove the state ${state}`} onClick={onRemove} />}
    </div>
  );
}

