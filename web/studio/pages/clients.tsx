// One call of a tool as every client shows it, side by side: the page that proves that a widget is the same everywhere.

import type { ComponentChildren, JSX } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Node } from "../../shared/contract";
import { api, part } from "../api/client";
import { project, toolsByName, useLoad, version } from "../api/store";
import type { Result, Run, ToolDetail, Values } from "../api/types";
import { useKeys } from "../app/keys";
import { go, link, place, setQuery } from "../app/router";
import { Head } from "../app/shell";
import type { Seen } from "../host/bridge";
import { type Client, clients } from "../host/clients";
import { type FrameHandle, ViewFrame } from "../host/frame";
import { answerOf, resultOf, runTool, treeOf } from "../host/run";
import { HostBar, type Setting, useSetting } from "../host/setting";
import { Prose, Terminal, textOf } from "../host/terminal";
import { Badge, Button } from "../parts/button";
import { JsonTree } from "../parts/json";
import { Drawn } from "../parts/drawn";
import { Icon } from "../parts/icon";
import { Empty, Note, Refusal, Waiting } from "../parts/say";
import { complain } from "../parts/toast";

export function Clients(): JSX.Element {
  const all = project.value!.tools;
  const said = place.value.query.get("tool");
  const fitting = all.filter((tool) => tool.widgets.length > 0);
  const name = said && toolsByName.value.has(said) ? said : (fitting.find((tool) => tool.readOnly && !tool.builtin) ?? fitting[0])?.name;
  const choose = (
    <select class="select" aria-label="Tool" style={{ width: "220px" }} value={name} onChange={(event) => go(link("clients", { tool: event.currentTarget.value }), true)}>
      {fitting.map((tool) => <option key={tool.name} value={tool.name}>{tool.title || tool.name}</option>)}
    </select>
  );
  if (!name) {
    return (
      <>
        <Head title="Clients" />
        <Empty icon="compare" title="No tool answers in a widget yet." actions={<Button icon="plus" href={link("new")}>New widget</Button>}>When one does, this page shows it in every client at once.</Empty>
      </>
    );
  }
  return <OfTool key={name} name={name} choose={choose} />;
}

function OfTool({ name, choose }: { name: string; choose: ComponentChildren }): JSX.Element {
  const detail = useLoad((signal) => api.get<ToolDetail>(`tools/${part(name)}`, signal), name, [version.value]);
  if (detail.value) return <Beside detail={detail.value} choose={choose} />;
  return (
    <>
      <Head title="Clients">{choose}</Head>
      {detail.error ? <Refusal error={detail.error} again={detail.again} /> : <Waiting />}
    </>
  );
}

/** The call of those that declare MCP Apps, and of those that do not. */
interface Both {
  apps: Run;
  plain: Run;
}

function Beside({ detail, choose }: { detail: ToolDetail; choose: ComponentChildren }): JSX.Element {
  const { name } = detail;
  const setting = useSetting();
  const said = place.value.query.get("args");
  const args = useMemo<Values>(() => {
    try {
      return said === null ? detail.example.arguments : JSON.parse(said);
    } catch {
      return detail.example.arguments;
    }
  }, [said, detail]);
  const [both, setBoth] = useState<Both | undefined>();
  const [working, setWorking] = useState(false);
  const [seen, setSeen] = useState<ReadonlyMap<string, Seen | undefined>>(new Map());
  const entry = toolsByName.value.get(name);
  const run = useCallback(async () => {
    setWorking(true);
    try {
      const apps = await runTool(name, args, { ui: true });
      // What changes things is called once: the text is in that answer too.
      const plain = entry?.readOnly ? await runTool(name, args, { ui: false }) : apps;
      setSeen(new Map());
      setBoth({ apps, plain });
    } catch (error) {
      complain(error);
    } finally {
      setWorking(false);
    }
  }, [name, args, entry]);
  useEffect(() => {
    if (entry?.readOnly) void run();
  }, [version.value]);
  useKeys({ "Control+Enter": () => void run() });
  const tell = useCallback((id: string, what: Seen | undefined) => setSeen((before) => new Map(before).set(id, what)), []);
  return (
    <>
      <Head title="Clients" about="One call, as each client shows it">
        {choose}
        <Button icon="wrench" href={link("tools", name, { args: said ?? undefined })}>Open tool</Button>
        <Button look="main" icon="play" working={working} onClick={() => void run()}>Run</Button>
      </Head>
      <HostBar setting={setting} simulated={false} />
      <div class="page">
        {both ? (
          <>
            <Verdict both={both} seen={seen} detail={detail} />
            <div class="clients">
              {clients.map((client) => (
                <Panel key={`${client.id} ${both.apps.call}`} client={client} detail={detail} args={args} run={client.ui ? both.apps : both.plain} setting={setting} onSeen={tell} />
              ))}
            </div>
          </>
        ) : working ? <Waiting>Running…</Waiting> : (
          <Empty icon="play" title="Not run yet." actions={<Button look="main" icon="play" onClick={() => void run()}>Run</Button>}>
            This tool changes things, so it runs only when you say so. <button type="button" class="button" data-look="plain" onClick={() => setQuery({ args: JSON.stringify(args) })}>Arguments: {JSON.stringify(args)}</button>
          </Empty>
        )}
      </div>
    </>
  );
}

/** Whether the views show the same, and whether the text is the same with and without MCP Apps. */
function Verdict({ both, seen, detail }: { both: Both; seen: ReadonlyMap<string, Seen | undefined>; detail: ToolDetail }): JSX.Element {
  const failed = resultOf(both.apps).isError ?? false;
  const views = clients.filter((client) => client.shows === "view" && !(failed && client.wire === "openai"));
  const told = views.filter((client) => seen.has(client.id));
  if (told.length < views.length) return <Note>Comparing what the views show…</Note>;
  const first = seen.get("apps");
  const others = views.filter((client) => seen.get(client.id)?.markup !== first?.markup || !first);
  const sameText = textOf(resultOf(both.apps)) === textOf(resultOf(both.plain));
  const secret = [...new Set(detail.bindings.flatMap((binding) => binding.private))];
  // What is private travels in `_meta` alone: a client that takes it out cannot show it, and the project wants it so.
  const meant = others.length > 0 && secret.length > 0 && others.every((client) => client.id === "desktop");
  const words = sameText ? "The text is the same for clients with and without MCP Apps." : "Clients without MCP Apps get a text of their own.";
  return (
    <Note tone={others.length === 0 ? "good" : "warn"}>
      {others.length === 0 ? (
        <b>The same view in {views.length} of {views.length} clients, compared by the markup each has drawn.</b>
      ) : meant ? (
        <b>The same view but for private fields: {others.map((client) => client.title).join(", ")} draws without <span class="mono">{secret.join(", ")}</span>.</b>
      ) : (
        <b>The views differ: {others.map((client) => `${client.title} ${seen.get(client.id) ? "shows something else" : "shows nothing"}`).join(", ")}.</b>
      )}
      <p class="about">{meant ? "They travel in _meta alone, which this client takes out. " : ""}{words}</p>
    </Note>
  );
}

interface PanelProps {
  client: Client;
  detail: ToolDetail;
  args: Values;
  run: Run;
  setting: Setting;
  onSeen(id: string, seen: Seen | undefined): void;
}

function Panel({ client, detail, args, run, setting, onSeen }: PanelProps): JSX.Element {
  const result = resultOf(run);
  const tree = treeOf(result);
  const widget = detail.bindings[0]!.widget;
  const handle = useRef<FrameHandle | null>(null);
  const [time, setTime] = useState<number | undefined>();
  const around = { theme: setting.theme, locale: setting.locale, timeZone: setting.timeZone };
  const call = async (tool: string, given: Values): Promise<Result> => {
    const action = Object.entries(detail.actions).find(([, bound]) => bound.tool === tool)?.[0];
    return answerOf(await runTool(tool, given, { ui: true, from: { kind: "view", action, call: run.call } }));
  };
  const onTime = (event: "initialized" | "painted", milliseconds: number) => event === "painted" && setTime(milliseconds);
  useEffect(() => (client.shows === "view" ? settle(handle, (seen) => onSeen(client.id, seen)) : undefined), []);
  return (
    <section class="panel client" aria-label={client.title}>
      <div class="panel-head">
        <Icon name={client.shows === "terminal" ? "terminal" : client.shows === "text" ? "message" : client.shows === "tree" ? "tree" : "monitor"} />
        <div class="grow">
          <h2>{client.title}</h2>
          <p class="quiet cut" title={client.about}>{client.about}</p>
        </div>
        {time !== undefined && <span class="mono faint" title="From frame to paint">{Math.round(time)} ms</span>}
        {!client.ui && <Badge>no UI</Badge>}
      </div>
      <div class="client-body" tabIndex={0} role="region" aria-label={`As ${client.title} shows it`} data-theme={setting.theme} style={{ colorScheme: setting.theme }}>
        {client.shows === "view" && client.wire === "openai" && result.isError && <Note>ChatGPT opens no view for a call that failed. The model reads the text.</Note>}
        {client.shows === "view" && !(client.wire === "openai" && result.isError) && (
          <ViewFrame widget={widget} client={client} around={around} tool={detail.definition as never} args={args} result={result} width={setting.width} title={`${detail.name} in ${client.title}`} of={run.call} call={call} onTime={onTime} handle={handle} />
        )}
        {client.shows === "text" && <div class="sheet"><Prose text={textOf(result)} /></div>}
        {client.shows === "terminal" && <Terminal tool={detail.name} text={textOf(result)} failed={result.isError ?? false} />}
        {client.shows === "tree" && (tree ? (
          <>
            <div style={{ width: setting.width ? `${setting.width}px` : "100%" }}><Drawn tree={tree as unknown as Node} theme={setting.theme} locale={setting.locale} timeZone={setting.timeZone} /></div>
            <details class="client-json"><summary>Tree JSON</summary><JsonTree value={tree} label="Tree" depth={2} sum={(value) => (typeof value === "object" && value !== null && !Array.isArray(value) && typeof value.type === "string" ? value.type : undefined)} /></details>
          </>
        ) : <div class="sheet"><Prose text={textOf(result)} /></div>)}
      </div>
    </section>
  );
}

/** Asks until two answers are the same, for ten seconds at most: a view may ask again for what was taken out. Frames out of sight draw too. */
function settle(handle: { current: FrameHandle | null }, done: (seen: Seen | undefined) => void): () => void {
  const began = performance.now();
  let before: string | undefined;
  let timer: ReturnType<typeof setTimeout>;
  let gone = false;
  const ask = async () => {
    const seen = await handle.current?.seen();
    if (gone) return;
    if ((seen?.settled && seen.markup === before) || performance.now() - began > 10_000) return done(seen?.settled ? seen : undefined);
    before = seen?.settled ? seen.markup : undefined;
    timer = setTimeout(() => void ask(), 150);
  };
  timer = setTimeout(() => void ask(), 100);
  return () => {
    gone = true;
    clearTimeout(timer);
  };
}
