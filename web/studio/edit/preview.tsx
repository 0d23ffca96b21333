// What a widget's sources make: drawn, as text, as a tree; in which state, and where it is shown.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { place, setQuery } from "../app/router";
import { HostBar, useSetting } from "../host/setting";
import { Prose } from "../host/terminal";
import { Badge, Button, Segments } from "../parts/button";
import { Drawn } from "../parts/drawn";
import { JsonTree } from "../parts/json";
import { Empty } from "../parts/say";
import type { Json } from "../api/types";
import type { Rendered } from "./render";
import { type Preset, presets } from "./states";

interface PreviewProps {
  /** The last that could be drawn. */
  rendered: Rendered | undefined;
  newest: Rendered | undefined;
  late: number;
  states: string[];
  state: string;
  onState(name: string): void;
  onAdd(kind: Preset | "copy"): void;
  onRemove: (() => void) | undefined;
}

type Show = "widget" | "text" | "tree";

export function Preview({ rendered, newest, late, states, state, onState, onAdd, onRemove }: PreviewProps): JSX.Element {
  const setting = useSetting();
  const said = place.value.query.get("show");
  const show: Show = said === "text" || said === "tree" ? said : "widget";
  const old = newest !== undefined && newest.tree === null;
  return (
    <>
      <States {...{ states, state, onState, onAdd, onRemove }} />
      <HostBar setting={setting} simulated={false} />
      <div class="stage" data-theme={setting.theme} tabIndex={0} role="region" aria-label="Preview">
        {!rendered ? (newest ? <Empty icon="bad" title="Nothing to draw yet.">The faults beside this say why.</Empty> : null) : (
          <div class="preview" data-old={old || undefined} style={{ width: setting.width ? `${setting.width}px` : "100%" }}>
            {show === "widget" && rendered.tree && <Drawn tree={rendered.tree} theme={setting.theme} locale={setting.locale} timeZone={setting.timeZone} />}
            {show === "text" && <div class="sheet"><Prose text={rendered.markdown ?? ""} /></div>}
            {show === "tree" && <div class="sheet"><JsonTree value={rendered.tree as unknown as Json} label="Tree" depth={8} sum={(value) => (typeof value === "object" && value !== null && !Array.isArray(value) && typeof value.type === "string" ? value.type : undefined)} /></div>}
          </div>
        )}
      </div>
      <div class="preview-foot row">
        <Segments label="Show" value={show} options={[["widget", "Widget"], ["text", "Text"], ["tree", "Tree"]]} onChange={(next) => setQuery({ show: next === "widget" ? undefined : next })} />
        <span class="grow" />
        {old && <Badge tone="warn">the last that worked</Badge>}
        {newest && newest.degraded.length > 0 && <Badge tone="warn" title={newest.degraded.join("\n")}>{newest.degraded.length} missing</Badge>}
        {newest && <span class="mono faint" title={`template ${newest.milliseconds.template} ms, tree ${newest.milliseconds.tree} ms, data ${newest.milliseconds.data} ms`}>{Math.round(late)} ms</span>}
      </div>
    </>
  );
}

function States({ states, state, onState, onAdd, onRemove }: Pick<PreviewProps, "states" | "state" | "onState" | "onAdd" | "onRemove">): JSX.Element {
  const [open, setOpen] = useState(false);
  const add = (kind: Preset | "copy") => {
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
            <button type="button" onClick={() => add("copy")}>copy of this one</button>
          </span>
        )}
      </span>
      {onRemove && <Button size="s" look="plain" icon="trash" label={`Remove the state ${state}`} onClick={onRemove} />}
    </div>
  );
}

