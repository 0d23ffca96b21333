// The editor of a widget: template, schema and data beside what they make, drawn anew after each key.

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { ApiError, api, part } from "../api/client";
import { loadFaults, loadProject, project, useLoad, version } from "../api/store";
import type { Fault, Json, Schema } from "../api/types";
import { Dialog } from "../app/dialog";
import { useKeys } from "../app/keys";
import { keepFrom, link, place, setQuery } from "../app/router";
import { Head } from "../app/shell";
import { Editor, type Mark } from "../edit/editor";
import { about, complete, completeData, completeSchema, fieldsAt, type Table } from "../edit/help";
import { Preview } from "../edit/preview";
import { type Rendered, type RenderFault, useRender } from "../edit/render";
import { AllStates } from "../edit/all-states";
import { type Preset, preset, presets } from "../edit/states";
import { laidOut } from "../edit/template";
import { Badge, Button, Key } from "../parts/button";
import { Diff } from "../parts/code";
import { FaultList, Note, Refusal, Waiting, Words } from "../parts/say";
import { Split } from "../parts/split";
import { TabPanel, Tabs } from "../parts/tabs";
import { complain, toast } from "../parts/toast";
import { Icon } from "../parts/icon";

interface Detail {
  name: string;
  file: string;
  hash: string;
  text: string;
  title: string;
  id: string;
  template: string;
  schema: Json;
  sample: Json;
  sampleIsOwn: boolean;
  states: { name: string; data: Json }[];
  tools: string[];
  faults: Fault[];
}

/** What is edited, as text. The first state is the sample. */
export interface Draft {
  title: string;
  template: string;
  schema: string;
  states: { name: string; text: string }[];
}

const pretty = (value: unknown): string => JSON.stringify(value, null, 2) ?? "null";
/** Templates come from ChatKit Studio in one line. */
const readable = (template: string): string => (template.includes("\n") ? template : laidOut(template));
export const SAMPLE = "sample";

const draftOf = (of: Pick<Detail, "title" | "template" | "schema" | "sample" | "states">): Draft => ({
  title: of.title,
  template: readable(of.template),
  schema: pretty(of.schema),
  states: [{ name: SAMPLE, text: pretty(of.sample) }, ...of.states.map(({ name, data }) => ({ name, text: pretty(data) }))],
});
const same = (a: Draft, b: Draft): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What is typed and not saved, by widget: other pages may be looked at meanwhile. */
const kept = new Map<string, { draft: Draft; base: Draft; hash: string }>();

export function WidgetPage({ name }: { name: string }): JSX.Element {
  const detail = useLoad((signal) => api.get<Detail>(`widgets/${part(name)}`, signal), name, [version.value]);
  const table = useLoad((signal) => api.get<Table>("components", signal), "components");
  if (!detail.value) {
    return (
      <>
        <Head title={name} />
        {detail.error ? <Refusal error={detail.error} again={detail.again} /> : <Waiting />}
      </>
    );
  }
  return <Open detail={detail.value} table={table.value} again={detail.again} />;
}

type Pane = "template" | "schema" | "data" | "about";

interface Saved {
  hash: string;
  text: string;
  notes: string[];
  state: { ok: boolean; tries: number };
  faults: Fault[];
}

type Conflict = Pick<Detail, "hash" | "title" | "template" | "schema" | "sample" | "states">;

function Open({ detail, table, again }: { detail: Detail; table: Table | undefined; again(): void }): JSX.Element {
  const { name } = detail;
  const before = kept.get(name);
  const [base, setBase] = useState(before?.base ?? draftOf(detail));
  const [hash, setHash] = useState(before?.hash ?? detail.hash);
  const [draft, setDraft] = useState(before?.draft ?? base);
  const [saving, setSaving] = useState(false);
  const [conflict, setConflict] = useState<Conflict | undefined>();
  const [faults, setFaults] = useState(detail.faults);
  const dirty = !same(draft, base);
  const writable = project.value?.studio.writable === true;
  const { query } = place.value;
  const state = draft.states.find((one) => one.name === query.get("state")) ?? draft.states[0]!;
  const { drawn, newest, late } = useRender(draft.template, draft.schema, state.text);

  useEffect(() => {
    setFaults(detail.faults);
    if (dirty || detail.hash === hash) return;
    const fresh = draftOf(detail);
    setBase(fresh);
    setDraft(fresh);
    setHash(detail.hash);
  }, [detail, dirty]);
  useEffect(() => {
    if (dirty) kept.set(name, { draft, base, hash });
    else kept.delete(name);
    keepFrom(dirty ? () => `${detail.file} has changes that are not saved. They stay here until this page is closed. Leave?` : undefined);
    return () => keepFrom(undefined);
  }, [draft, base, hash]);

  async function save(onto = hash): Promise<void> {
    if (!writable || saving) return;
    let body: { title: string; template: string; schema: Json; sample: Json; states: { name: string; data: Json }[] };
    try {
      const [sample, ...states] = draft.states.map((one) => ({ name: one.name, data: parsed(one.text, one.name === SAMPLE ? "The sample" : `The state ${one.name}`) }));
      body = { title: draft.title, template: draft.template, schema: parsed(draft.schema, "The schema"), sample: sample!.data, states };
    } catch (error) {
      return complain(error);
    }
    setSaving(true);
    try {
      const saved = await api.put<Saved>(`widgets/${part(name)}`, { base: onto, ...body });
      setBase(draft);
      setHash(saved.hash);
      setConflict(undefined);
      setFaults(saved.faults);
      toast(saved.state.ok ? `Saved ${detail.file}; it is served.` : `Saved ${detail.file}, but the project has errors: the state before is served.`, saved.state.ok ? "good" : "bad");
      for (const note of saved.notes) toast(note);
      await Promise.all([loadProject(), loadFaults()]);
      again();
    } catch (error) {
      if (error instanceof ApiError && error.status === 409 && error.body?.hash) setConflict(error.body);
      else complain(error);
    } finally {
      setSaving(false);
    }
  }
  useKeys({ "Control+s": () => void (dirty && save()) });

  return (
    <>
      <Head
        title={draft.title || name} about={detail.tools.length > 0 ? <>Answer of {detail.tools.map((tool) => <a key={tool} href={link("tools", tool)} style={{ marginInlineEnd: "8px" }}>{tool}</a>)}</> : "No tool answers in this widget yet"}
        badges={<><span class="mono faint">{name}</span>{dirty && <Badge tone="warn">not saved</Badge>}</>}
      >
        {detail.tools.length === 0 && writable && <Button icon="plus" href={link("new", { widget: name })}>New tool for it</Button>}
        <Button icon="download" look="plain" title={`Download ${detail.file} as it was saved`} label={`Download ${detail.file}`} onClick={() => download(`${name}.widget`, detail.text)} />
        {dirty && <Button icon="undo" look="plain" onClick={() => setDraft(base)}>Undo all</Button>}
        <Button look="main" icon="save" working={saving} disabled={!dirty || !writable} title={writable ? undefined : "The studio may not write here"} onClick={() => void save()}>Save <Key>Ctrl S</Key></Button>
      </Head>
      <div class="page-fill">
        <Split name="widget" first={52}>
          <Sources detail={detail} draft={draft} state={state} table={table} newest={newest} faults={dirty ? [] : faults} readOnly={!writable} onChange={setDraft} />
          <Preview
            widget={name} rendered={drawn} newest={newest} late={late} states={draft.states.map((one) => one.name)} state={state.name}
            onState={(next) => setQuery({ state: next === SAMPLE ? undefined : next })}
            onAdd={(kind) => setDraft(kind === "all" ? withAll(draft) : added(draft, kind, state.text))}
            onRename={state.name === SAMPLE ? undefined : (to) => {
              if (draft.states.some((one) => one.name === to)) return complain(new Error(`There is a state ${to} already.`));
              setDraft({ ...draft, states: draft.states.map((one) => (one === state ? { ...one, name: to } : one)) });
              setQuery({ state: to });
            }}
            all={(theme) => <AllStates draft={draft} theme={theme} onState={(next) => setQuery({ state: next === SAMPLE ? undefined : next, show: undefined })} />}
            onRemove={state.name === SAMPLE ? undefined : () => {
              setDraft({ ...draft, states: draft.states.filter((one) => one !== state) });
              setQuery({ state: undefined });
            }}
          />
        </Split>
      </div>
      {conflict && (
        <Collision
          file={detail.file} mine={draft} theirs={draftOf(conflict)} onClose={() => setConflict(undefined)} onMine={() => void save(conflict.hash)}
          onTheirs={() => {
            const theirs = draftOf(conflict);
            setBase(theirs);
            setDraft(theirs);
            setHash(conflict.hash);
            setConflict(undefined);
          }}
        />
      )}
    </>
  );
}

/** Hands a file to the browser to be kept. */
function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}

function parsed(text: string, what: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${what} is not JSON yet: ${(error as Error).message}`);
  }
}

/** The draft with one more state, made from the sample. */
function added(draft: Draft, kind: Preset | "copy", from: string): Draft {
  const parse = <T,>(text: string): T | undefined => {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  };
  const sample = parse<Json>(draft.states[0]!.text) ?? {};
  const text = kind === "copy" ? from : pretty(preset(kind, sample, parse<Schema>(draft.schema)));
  const taken = new Set(draft.states.map((one) => one.name));
  const stem = kind === "copy" ? "state" : kind;
  let name: string = stem;
  for (let n = 2; taken.has(name); n++) name = `${stem} ${n}`;
  setTimeout(() => setQuery({ state: name }));
  return { ...draft, states: [...draft.states, { name, text }] };
}

/** The draft with every state that can be made from the sample and is not there. */
function withAll(draft: Draft): Draft {
  return presets.filter((kind) => draft.states.every((one) => one.name !== kind)).reduce((all, kind) => added(all, kind, ""), draft);
}

interface SourcesProps {
  detail: Detail;
  draft: Draft;
  state: Draft["states"][number];
  table: Table | undefined;
  newest: Rendered | undefined;
  faults: Fault[];
  readOnly: boolean;
  onChange(draft: Draft): void;
}

function Sources({ detail, draft, state, table, newest, faults, readOnly, onChange }: SourcesProps): JSX.Element {
  const said = place.value.query.get("pane");
  const of = useMemo(() => {
    const marks: Record<RenderFault["in"], Mark[]> = { template: [], schema: [], data: [] };
    for (const fault of newest?.faults ?? []) marks[fault.in]?.push({ severity: "error", ...fault, message: fault.help ? `${fault.message}\n${fault.help}` : fault.message });
    return marks;
  }, [newest]);
  const mark = (kind: RenderFault["in"], label: string) => <>{label}{of[kind].length > 0 && <span class="badge" data-tone="bad">{of[kind].length}<span class="only-read"> faults</span></span>}</>;
  const tabs = [
    { id: "template" as Pane, label: mark("template", "Template") },
    { id: "schema" as Pane, label: mark("schema", "Schema") },
    { id: "data" as Pane, label: mark("data", "Data") },
    { id: "about" as Pane, label: "About" },
  ];
  const pane = tabs.find((tab) => tab.id === said)?.id ?? "template";
  const fields = (source: string, at: number) => fieldsAt(source, at, newest?.data, draft.schema);
  const source = useMemo(() => complete(table, fields), [table, newest, draft.schema]);
  const data = useMemo(() => completeData(() => draft.schema), [draft.schema]);
  const line = Number(place.value.query.get("line")) || undefined;
  return (
    <>
      <Tabs
        name="source" label="Widget" tabs={tabs} value={pane} onChange={(next) => setQuery({ pane: next === "template" ? undefined : next, line: undefined })}
        more={pane === "template" ? <Button size="s" look="plain" onClick={() => onChange({ ...draft, template: laidOut(draft.template) })}>Lay out</Button> : pane === "data" ? <Badge>{state.name}</Badge> : undefined}
      />
      <TabPanel name="source" tab={pane}>
        <div class="col" style={{ height: "100%" }}>
          {pane === "template" && <Editor key="template" keep={`${detail.name} template`} language="template" label="Template" value={draft.template} marks={of.template} completions={source} help={(text, at) => about(table, text, at)} line={line} readOnly={readOnly} onChange={(template) => onChange({ ...draft, template })} />}
          {pane === "schema" && <Editor key="schema" keep={`${detail.name} schema`} language="json" label="Schema" value={draft.schema} marks={of.schema} completions={completeSchema} readOnly={readOnly} onChange={(schema) => onChange({ ...draft, schema })} />}
          {pane === "data" && <Editor key={`data ${state.name}`} keep={`${detail.name} data ${state.name}`} language="json" label={`Data, ${state.name}`} value={state.text} marks={of.data} completions={data} readOnly={readOnly} onChange={(text) => onChange({ ...draft, states: draft.states.map((one) => (one.name === state.name ? { ...one, text } : one)) })} />}
          {pane === "about" && <About detail={detail} draft={draft} onChange={onChange} />}
          <Problems newest={newest} faults={faults} shown={pane} />
        </div>
      </TabPanel>
    </>
  );
}

/** What is wrong, each leading to the pane it is in. */
function Problems({ newest, faults, shown }: { newest: Rendered | undefined; faults: Fault[]; shown: Pane }): JSX.Element | null {
  const list = newest?.faults ?? [];
  if (list.length === 0 && faults.length === 0) return null;
  return (
    <div class="problems" role="status">
      <ul>
        {list.map((fault, index) => (
          <li class="fault" data-tone="bad" key={index}>
            <Icon name="bad" />
            <div><Words>{fault.message}</Words>{fault.help && <p class="about"><Words>{fault.help}</Words></p>}</div>
            <button type="button" class="button place" data-look="plain" data-size="s" onClick={() => setQuery({ pane: fault.in === "template" ? undefined : fault.in, line: fault.line ? String(fault.line) : undefined })}>
              {fault.in}{fault.line ? `:${fault.line}` : ""}{fault.path ? ` ${fault.path}` : ""}{fault.in === shown ? "" : " →"}
            </button>
          </li>
        ))}
      </ul>
      {list.length === 0 && <FaultList faults={faults} />}
    </div>
  );
}

function About({ detail, draft, onChange }: { detail: Detail; draft: Draft; onChange(draft: Draft): void }): JSX.Element {
  return (
    <div class="pad col" style={{ gap: "16px" }}>
      <div class="field-line">
        <label for="widget-title">Name for people</label>
        <input id="widget-title" class="input" value={draft.title} onInput={(event) => onChange({ ...draft, title: event.currentTarget.value })} />
      </div>
      <dl class="facts">
        <dt>File</dt>
        <dd class="mono">{detail.file}</dd>
        <dt>Id</dt>
        <dd class="mono">{detail.id}</dd>
        <dt>Tools</dt>
        <dd>{detail.tools.length > 0 ? detail.tools.map((tool) => <a key={tool} href={link("tools", tool)} style={{ marginInlineEnd: "8px" }}>{tool}</a>) : <span class="quiet">none</span>}</dd>
      </dl>
      {!detail.sampleIsOwn && <Note>The file has no sample of its own: this one was made from its schema. It is written when you save.</Note>}
      <p class="quiet">Saving writes a valid <span class="mono">.widget</span> that ChatKit Studio opens. Further states are kept beside it, in <span class="mono">{detail.file.replace(/\.widget$/, ".states.json")}</span>.</p>
    </div>
  );
}

interface CollisionProps {
  file: string;
  mine: Draft;
  theirs: Draft;
  onClose(): void;
  onMine(): void;
  onTheirs(): void;
}

/** The file was changed on disk since it was opened: what differs, and whose is kept. */
function Collision({ file, mine, theirs, onClose, onMine, onTheirs }: CollisionProps): JSX.Element {
  const all = (draft: Draft) => [`name: ${draft.title}`, "", draft.template, "", draft.schema, ...draft.states.flatMap((one) => ["", `${one.name}:`, one.text])].join("\n");
  return (
    <Dialog label="The file was changed" class="wide" onClose={onClose}>
      <div class="panel-head"><h2><span class="mono">{file}</span> was changed on disk since it was opened</h2></div>
      <p class="pad quiet" style={{ paddingBottom: "8px" }}>Left out is what stands on disk, added is what stands here.</p>
      <div style={{ overflow: "auto", minHeight: 0 }}><Diff before={all(theirs)} after={all(mine)} label="What differs" /></div>
      <div class="row pad" style={{ justifyContent: "flex-end" }}>
        <Button look="plain" onClick={onClose}>Go on editing</Button>
        <Button onClick={onTheirs}>Take the disk's</Button>
        <Button look="danger" onClick={onMine}>Save mine over it</Button>
      </div>
    </Dialog>
  );
}
