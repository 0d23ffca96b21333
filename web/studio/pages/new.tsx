// Something new: a widget from a starter, from data, from a schema or from nothing; a tool that answers in a widget.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { ApiError, api } from "../api/client";
import { loadProject, project, useLoad, widgetsByName } from "../api/store";
import type { Json, Node } from "../api/types";
import { go, link, place, setQuery } from "../app/router";
import { Head } from "../app/shell";
import { theme } from "../app/theme";
import { Editor } from "../edit/editor";
import type { Rendered } from "../edit/render";
import { Button, Segments } from "../parts/button";
import { Code } from "../parts/code";
import { Drawn } from "../parts/drawn";
import { Empty, Note, Refusal, Waiting, Words } from "../parts/say";
import { Split } from "../parts/split";
import { complain, toast } from "../parts/toast";
import "./new.css";

export function New(): JSX.Element {
  const { query } = place.value;
  const what = query.get("what") === "tool" || query.has("widget") ? "tool" : "widget";
  const writable = project.value!.studio.writable;
  return (
    <>
      <Head title={what === "tool" ? "New tool" : "New widget"} about={what === "tool" ? "A file in tools/ that says where the data of a widget comes from" : "A file in widgets/ that says how an answer looks"}>
        <Segments label="What" value={what} options={[["widget", "Widget"], ["tool", "Tool"]]} onChange={(next) => go(link("new", { what: next === "tool" ? "tool" : undefined }))} />
      </Head>
      {!writable ? <Empty icon="file" title="The studio may not write here.">Make the files by <span class="mono">toolface new widget</span> and <span class="mono">toolface new tool</span>.</Empty> : what === "tool" ? <NewTool /> : <NewWidget />}
    </>
  );
}

interface Starter {
  name: string;
  title: string;
  description: string;
  tree: Node | null;
}

const ways = [["starter", "Starter"], ["data", "From data"], ["schema", "From a schema"], ["blank", "Blank"]] as const;
type Way = (typeof ways)[number][0];

const EXAMPLE = {
  data: '{\n  "title": "Bicycle repair",\n  "status": "in progress",\n  "price": 49.9,\n  "due": "2026-12-04",\n  "steps": [\n    { "name": "Brakes", "done": true },\n    { "name": "Gears", "done": false }\n  ]\n}',
  schema: '{\n  "type": "object",\n  "properties": {\n    "title": { "type": "string" },\n    "status": { "type": "string", "enum": ["open", "closed"] },\n    "total": { "type": "number" },\n    "due": { "type": "string", "format": "date" }\n  },\n  "required": ["title", "status"]\n}',
};

/** A name for a file, made of a title. */
const nameOf = (title: string, between: string): string => title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, between).replace(new RegExp(`^[${between}]+|[${between}]+$`, "g"), "");

/** The name, with a number behind it if it is taken. */
function free(name: string, between: string, taken: (name: string) => boolean): string {
  let found = name;
  for (let n = 2; found !== "" && taken(found); n++) found = `${name}${between}${n}`;
  return found;
}

/** The value a little later, so that typing asks once. */
function useLate<T>(value: T, pause = 250): T {
  const [late, setLate] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLate(value), pause);
    return () => clearTimeout(timer);
  }, [JSON.stringify(value)]);
  return late;
}

function NewWidget(): JSX.Element {
  const { query } = place.value;
  const said = query.get("from");
  const way: Way = ways.find(([id]) => id === said)?.[0] ?? "starter";
  const starters = useLoad((signal) => api.get<Starter[]>("starters", signal), "starters");
  const chosen = query.get("starter") ?? starters.value?.[0]?.name;
  const [title, setTitle] = useState("");
  const [name, setName] = useState<string | undefined>();
  const [form, setForm] = useState(false);
  const [text, setText] = useState(EXAMPLE);
  const [working, setWorking] = useState(false);
  const from = useMemo((): { value?: { [name: string]: Json }; wrong?: string } => {
    if (way === "blank") return { value: { blank: true } };
    if (way === "starter") return chosen ? { value: { starter: chosen } } : {};
    try {
      return { value: { [way]: JSON.parse(text[way]) } };
    } catch (error) {
      return { wrong: String((error as Error).message) };
    }
  }, [way, chosen, text]);
  const starter = starters.value?.find((one) => one.name === chosen);
  const file = name ?? free(nameOf(title, "-") || (way === "starter" ? (chosen ?? "") : "new-widget"), "-", (one) => widgetsByName.value.has(one));
  const taken = widgetsByName.value.has(file);

  async function create(): Promise<void> {
    setWorking(true);
    try {
      const made = await api.post<{ name: string; file: string }>("new/widget", { name: file, title: title || undefined, from: from.value, form: form || undefined });
      await loadProject();
      toast(`Made ${made.file}.`, "good");
      go(link("widgets", made.name));
    } catch (error) {
      complain(error);
    } finally {
      setWorking(false);
    }
  }

  return (
    <div class="page-fill">
      <Split name="new" first={48}>
        <div class="col new-form">
          <div class="row"><Segments label="Made from" value={way} options={ways} onChange={(next) => setQuery({ from: next === "starter" ? undefined : next })} /></div>
          {way === "starter" && (starters.value ? <Gallery starters={starters.value} chosen={chosen} /> : starters.error ? <Refusal error={starters.error} /> : <Waiting />)}
          {(way === "data" || way === "schema") && (
            <div class="col new-text">
              <p class="quiet">{way === "data" ? "Paste what your API or database answers. Components are chosen by the type and the look of each value." : "Paste a JSON Schema. Components are chosen by type and format."}</p>
              <Editor key={way} language="json" label={way === "data" ? "Data" : "JSON Schema"} value={text[way]} onChange={(next) => setText((before) => ({ ...before, [way]: next }))} />
              {from.wrong && <Note tone="bad">Not JSON yet: {from.wrong}</Note>}
              {way === "schema" && <label class="check"><input type="checkbox" checked={form} onChange={(event) => setForm(event.currentTarget.checked)} /> A form that asks for it, instead of a card that shows it</label>}
            </div>
          )}
          {way === "blank" && <p class="quiet">A card with a title, to be built up in the editor.</p>}
          <Names title={title} onTitle={setTitle} placeholder={starter && way === "starter" ? starter.title : "Order status"} file={file} folder="widgets/" end=".widget" onFile={setName} taken={taken}>
            <Button look="main" icon="plus" working={working} disabled={!from.value || file === "" || taken} onClick={() => void create()}>Create widget</Button>
          </Names>
        </div>
        <WidgetPreview from={from.value} name={file || "new-widget"} title={title} form={form} starter={way === "starter" ? (starter?.tree ?? undefined) : undefined} />
      </Split>
    </div>
  );
}

function Gallery({ starters, chosen }: { starters: Starter[]; chosen: string | undefined }): JSX.Element {
  return (
    <div class="gallery" role="group" aria-label="Starters">
      {starters.map((starter) => (
        <button type="button" class="panel starter" key={starter.name} aria-pressed={starter.name === chosen} onClick={() => setQuery({ starter: starter.name })}>
          <span class="picture starter-picture" aria-hidden="true">{starter.tree && <span class="picture-inside"><Drawn tree={starter.tree} theme={theme.value} inert /></span>}</span>
          <span class="starter-words"><b>{starter.title}</b><span class="quiet">{starter.description}</span></span>
        </button>
      ))}
    </div>
  );
}

interface NamesProps {
  title: string;
  onTitle(title: string): void;
  placeholder: string;
  file: string;
  folder: string;
  end: string;
  taken: boolean;
  onFile(name: string | undefined): void;
  children: ComponentChildren;
}

function Names({ title, onTitle, placeholder, file, folder, end, taken, onFile, children }: NamesProps): JSX.Element {
  return (
    <div class="new-names">
      <div class="field-line">
        <label for="new-title">Name for people</label>
        <input id="new-title" class="input" value={title} placeholder={placeholder} onInput={(event) => onTitle(event.currentTarget.value)} />
      </div>
      <div class="field-line">
        <label for="new-file">File</label>
        <span class="row new-file"><span class="mono faint">{folder}</span><input id="new-file" class="input mono" value={file} aria-invalid={taken || undefined} aria-describedby="new-taken" spellcheck={false} onInput={(event) => onFile(event.currentTarget.value || undefined)} /><span class="mono faint">{end}</span></span>
        <span id="new-taken" class="wrong">{taken && "There is one of this name."}</span>
      </div>
      <div class="new-create">{children}</div>
    </div>
  );
}

interface Made {
  template: string;
  schema: Json;
  sample: Json;
  title: string;
}

function WidgetPreview({ from, name, title, form, starter }: { from: Json | undefined; name: string; title: string; form: boolean; starter: Node | undefined }): JSX.Element {
  const asked = useLate({ from, title, form });
  const key = JSON.stringify(asked);
  const drawn = useLoad(async (signal) => {
    if (asked.from === undefined || starter) return undefined;
    // The name may be taken while it is typed; for a look it does not matter.
    const made = await api.post<Made>("new/widget", { name: `preview-of-${name}`.slice(0, 60), title: asked.title || undefined, from: asked.from, form: asked.form || undefined, dry: true }, signal);
    return api.post<Rendered>("render", { template: made.template, schema: made.schema, data: made.sample }, signal);
  }, "preview", [key, starter === undefined]);
  const tree = starter ?? drawn.value?.tree ?? undefined;
  return (
    <div class="stage" data-theme={theme.value} tabIndex={0} role="region" aria-label="Preview">
      {drawn.error && !starter ? <Note tone="bad"><Words>{drawn.error.message}</Words></Note> : tree ? <div style={{ width: "100%" }}><Drawn tree={tree} theme={theme.value} /></div> : <Waiting>Drawing…</Waiting>}
    </div>
  );
}

function NewTool(): JSX.Element {
  const { query } = place.value;
  const { widgets, connections, tools } = project.value!;
  const [title, setTitle] = useState("");
  const [description, setDescription] = useState("");
  const [name, setName] = useState<string | undefined>();
  const [connection, setConnection] = useState("");
  const [working, setWorking] = useState(false);
  const said = query.get("widget");
  const widget = said && widgetsByName.value.has(said) ? said : widgets[0]?.name;
  const file = name ?? free(nameOf(title, "_") || (widget ? `show_${nameOf(widget, "_")}` : ""), "_", (one) => tools.some((tool) => tool.name === one));
  const taken = tools.some((tool) => tool.name === file);
  const body = { name: file, title: title || undefined, description: description || undefined, widget, connection: connection || undefined };
  const asked = useLate(body);
  const draft = useLoad((signal) => (asked.widget && asked.name && !taken ? api.post<{ text: string }>("new/tool", { ...asked, dry: true }, signal) : Promise.resolve(undefined)), "draft", [JSON.stringify(asked), taken]);

  async function create(): Promise<void> {
    setWorking(true);
    try {
      const made = await api.post<{ name: string; file: string }>("new/tool", body);
      await loadProject();
      toast(`Made ${made.file}.`, "good");
      go(link("tools", made.name, { pane: "file" }));
    } catch (error) {
      complain(error instanceof ApiError ? error : new Error(String(error)));
    } finally {
      setWorking(false);
    }
  }
  if (!widget) return <Empty icon="shapes" title="Begin with a widget." actions={<Button look="main" icon="plus" href={link("new")}>New widget</Button>}>A tool answers in a widget, and there is none yet.</Empty>;
  return (
    <div class="page-fill">
      <Split name="new-tool" first={44}>
        <div class="col new-form">
          <div class="field-line">
            <label for="tool-widget">Widget</label>
            <select id="tool-widget" class="select" value={widget} onChange={(event) => setQuery({ what: "tool", widget: event.currentTarget.value })}>
              {widgets.map((one) => <option key={one.name} value={one.name}>{one.title || one.name}</option>)}
            </select>
          </div>
          <div class="field-line">
            <label for="tool-description">Description</label>
            <textarea id="tool-description" class="area" rows={3} value={description} placeholder="What it shows, and when to use it: the model reads this to decide." onInput={(event) => setDescription(event.currentTarget.value)} />
          </div>
          <div class="field-line">
            <label for="tool-connection">Data</label>
            <select id="tool-connection" class="select" value={connection} onChange={(event) => setConnection(event.currentTarget.value)}>
              <option value="">fixed, written in the file: the widget's sample</option>
              {connections.map((one) => <option key={one.name} value={one.name}>{one.name} ({one.kind})</option>)}
            </select>
          </div>
          <Names title={title} onTitle={setTitle} placeholder="Order status" file={file} folder="tools/" end=".toml" onFile={setName} taken={taken}>
            <Button look="main" icon="plus" working={working} disabled={file === "" || taken} onClick={() => void create()}>Create tool</Button>
          </Names>
        </div>
        <div class="tab-panel new-draft">
          {draft.error ? <div class="pad"><Note tone="bad"><Words>{draft.error.message}</Words></Note></div> : draft.value ? <Code text={draft.value.text} language="toml" label={`tools/${file}.toml`} wrap /> : <Waiting />}
        </div>
      </Split>
    </div>
  );
}
