// The last calls of all clients, live: what was asked, how it went, whether its view was painted, what was pressed.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { api, part } from "../api/client";
import { onEvent } from "../api/events";
import { useLoad } from "../api/store";
import type { Call, Json } from "../api/types";
import { go, link, place, setQuery } from "../app/router";
import { Head } from "../app/shell";
import { Badge, Button, Key, Segments } from "../parts/button";
import { JsonCode } from "../parts/code";
import { Icon } from "../parts/icon";
import { JsonTree } from "../parts/json";
import { VirtualList } from "../parts/list";
import { Empty, Note, Refusal, Waiting } from "../parts/say";
import { Split } from "../parts/split";
import { complain } from "../parts/toast";
import "./traffic.css";

interface Traffic {
  calls: Call[];
  recording: boolean;
}

const PAGE = 100;
/** Most calls that are kept here; the server forgets old ones too. */
const MOST = 2_000;

/** The calls, the newest first, as they come. */
function useTraffic(paused: boolean) {
  const [calls, setCalls] = useState<Call[]>([]);
  const [more, setMore] = useState(false);
  const first = useLoad((signal) => api.get<Traffic>(`traffic?limit=${PAGE}`, signal), "traffic");
  useEffect(() => {
    if (!first.value) return;
    setCalls(first.value.calls.toSorted((a, b) => b.id - a.id));
    setMore(first.value.calls.length >= PAGE);
  }, [first.value]);
  useEffect(
    () =>
      onEvent((event) => {
        if (paused) return;
        if (event.kind === "call") setCalls((before) => [event.call, ...before.filter((call) => call.id !== event.call.id)].toSorted((a, b) => b.id - a.id).slice(0, MOST));
        if (event.kind === "view") setCalls((before) => before.map((call) => (call.id === event.id ? { ...call, view: event.view } : call)));
      }),
    [paused],
  );
  useEffect(() => {
    // What came meanwhile.
    if (!paused && first.value) first.again();
  }, [paused]);
  async function older(): Promise<void> {
    const last = calls.at(-1);
    if (!last) return;
    try {
      const { calls: found } = await api.get<Traffic>(`traffic?before=${last.id}&limit=${PAGE}`);
      setCalls((before) => [...before, ...found.filter((call) => call.id < last.id)].toSorted((a, b) => b.id - a.id));
      setMore(found.length >= PAGE);
    } catch (error) {
      complain(error);
    }
  }
  async function clear(): Promise<void> {
    try {
      await api.delete("traffic");
      setCalls([]);
      setMore(false);
      go(link("traffic"));
    } catch (error) {
      complain(error);
    }
  }
  return { calls, more, first, older, clear };
}

type Kind = "calls" | "failed" | "all";

export function Traffic({ id }: { id: string | undefined }): JSX.Element {
  const [paused, setPaused] = useState(false);
  const { calls, more, first, older, clear } = useTraffic(paused);
  const { query } = place.value;
  const wanted = query.get("q") ?? "";
  const said = query.get("kind");
  const kind: Kind = said === "failed" || said === "all" ? said : "calls";
  const shown = useMemo(() => {
    const words = wanted.trim().toLowerCase();
    return calls.filter(
      (call) =>
        (kind === "all" || (kind === "failed" ? call.outcome !== "ok" : call.method === "tools/call")) &&
        (words === "" || [call.method, call.tool, call.widget, call.client?.name, call.outcome, call.route, call.transport].some((text) => text?.toLowerCase().includes(words))),
    );
  }, [calls, wanted, kind]);
  const chosen = shown.findIndex((call) => String(call.id) === id);
  const address = (call: Call) => link("traffic", String(call.id), { q: wanted, kind: kind === "calls" ? undefined : kind });
  function key(event: KeyboardEvent): void {
    const to = { ArrowDown: chosen + 1, ArrowUp: chosen - 1 }[event.key];
    const next = to === undefined ? undefined : shown[Math.max(0, Math.min(shown.length - 1, to))];
    if (!next) return;
    event.preventDefault();
    go(address(next), true);
  }

  const list = (
    <div class="col grow traffic" onKeyDown={key}>
      <div class="traffic-row traffic-names" aria-hidden="true">
        <span>Time</span><span>Call</span><span>Client</span><span>Outcome</span><span>Took</span><span>Size</span><span>View</span>
      </div>
      {first.error ? <Refusal error={first.error} again={first.again} /> : first.value && shown.length === 0 ? <Nothing any={calls.length > 0} recording={first.value.recording} /> : !first.value ? <Waiting /> : (
        <VirtualList class="grow" label="Calls" items={shown} height={36} name={(call) => String(call.id)} reveal={chosen}>
          {(call) => <Row call={call} href={address(call)} chosen={String(call.id) === id} />}
        </VirtualList>
      )}
      {more && <div class="traffic-more"><Button size="s" onClick={() => void older()}>Older calls</Button></div>}
    </div>
  );
  return (
    <>
      <Head title="Traffic" about="The last calls of all clients, as they come">
        <label class="search">
          <Icon name="search" />
          <span class="only-read">Filter calls</span>
          <input data-search type="search" placeholder="Tool, client, outcome" value={wanted} spellcheck={false} onInput={(event) => setQuery({ q: event.currentTarget.value })} />
          <Key>/</Key>
        </label>
        <Segments label="Show" value={kind} options={[["calls", "Calls"], ["failed", "Failed"], ["all", "All messages"]]} onChange={(next) => setQuery({ kind: next === "calls" ? undefined : next })} />
        <Button icon={paused ? "play" : "pause"} pressed={paused} onClick={() => setPaused(!paused)}>{paused ? "Go on" : "Pause"}</Button>
        <Button icon="trash" disabled={calls.length === 0} onClick={() => void clear()}>Clear</Button>
      </Head>
      <div class="page-fill">
        {id ? (
          <Split name="traffic" first={56}>
            {list}
            <Detail key={id} id={id} seen={calls.find((call) => String(call.id) === id)} close={link("traffic", { q: wanted, kind: kind === "calls" ? undefined : kind })} />
          </Split>
        ) : list}
      </div>
    </>
  );
}

function Nothing({ any, recording }: { any: boolean; recording: boolean }): JSX.Element {
  if (any) return <Empty icon="filter" title="No call is like this." actions={<Button onClick={() => setQuery({ q: undefined, kind: "all" })}>Show all</Button>} />;
  if (!recording) return <Empty icon="pause" title="Calls are not recorded.">The project says so under <span class="mono">[studio]</span>.</Empty>;
  return <Empty icon="activity" title="No calls yet.">Point a client at <span class="mono">{location.origin}/mcp</span>, or run a tool here: each call appears as it comes.</Empty>;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const time = (at: string): string => (Number.isNaN(Date.parse(at)) ? at : clock.format(new Date(at)));
const took = (milliseconds: number): string => `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
const size = (bytes: number): string => (bytes < 1_000 ? `${bytes} B` : `${(bytes / 1_000).toFixed(1)} kB`);

function Row({ call, href, chosen }: { call: Call; href: string; chosen: boolean }): JSX.Element {
  return (
    <a class="traffic-row" href={href} aria-current={chosen || undefined}>
      <span class="mono quiet">{time(call.at)}</span>
      <span class="row">
        <b class="cut">{call.tool ?? call.method}</b>
        {call.cause && <Icon name="right" />}
        {call.cause && <span class="faint cut">{call.cause.action ?? call.cause.kind}</span>}
        {call.widget && call.widget !== call.tool && <span class="faint cut">{call.widget}</span>}
      </span>
      <span class="cut quiet" title={`${call.client?.name ?? "unknown"} ${call.client?.version ?? ""}, ${call.revision}`}>{call.transport === "studio" ? "Studio" : (call.client?.name ?? "unknown")}</span>
      <span><Outcome call={call} /></span>
      <span class="mono quiet">{took(call.milliseconds)}</span>
      <span class="mono quiet">{size(call.bytes)}</span>
      <span class="row quiet">{call.method === "tools/call" && <Seen call={call} />}{call.actions.length > 0 && <Badge title={call.actions.map((one) => one.type).join(", ")}>{call.actions.length}</Badge>}</span>
    </a>
  );
}

function Outcome({ call }: { call: Call }): JSX.Element {
  if (call.outcome !== "ok") return <Badge tone="bad">{call.outcome}</Badge>;
  return call.degraded > 0 ? <Badge tone="warn" title="Fields were missing">{call.degraded} missing</Badge> : <Badge tone="good">ok</Badge>;
}

function Seen({ call }: { call: Call }): JSX.Element {
  const { view } = call;
  if (view.painted) return <span class="row"><Icon name="monitor" /> painted</span>;
  if (view.initialized) return <span class="row"><Icon name="monitor" /> opened</span>;
  return <span class="faint">{view.read ? "read" : "–"}</span>;
}

interface Whole extends Call {
  arguments?: Json;
  result?: Json;
  error?: Json;
  wire?: Json;
}

function Detail({ id, seen, close }: { id: string; seen: Call | undefined; close: string }): JSX.Element {
  const loaded = useLoad((signal) => api.get<Whole>(`traffic/${part(id)}`, signal), id, [seen?.actions.length, seen?.view.painted]);
  const call = loaded.value;
  if (!call) return loaded.error ? <Refusal error={loaded.error} /> : <Waiting />;
  const stages = Object.entries(call.stages);
  const longest = Math.max(0.001, ...stages.map(([, milliseconds]) => milliseconds));
  return (
    <section class="col grow traffic-detail" aria-label={`Call ${call.id}`} tabIndex={0}>
      <div class="row panel-head">
        <h2 class="grow cut">{call.tool ?? call.method}</h2>
        <Outcome call={call} />
        {call.tool && <Button size="s" icon="wrench" href={link("tools", call.tool, { args: call.arguments === undefined ? undefined : JSON.stringify(call.arguments) })}>Open with these arguments</Button>}
        <Button size="s" look="plain" icon="close" label="Close" href={close} />
      </div>
      <div class="pad col" style={{ gap: "14px" }}>
        {call.error !== undefined && call.error !== null && <Note tone="bad"><Said error={call.error} /></Note>}
        <dl class="facts">
          <Fact name="At">{time(call.at)} <span class="faint">{call.at}</span></Fact>
          <Fact name="Method"><span class="mono">{call.method}</span>{call.route && <> at <span class="mono">/mcp/{call.route}</span></>}</Fact>
          <Fact name="Client">{call.transport === "studio" ? "Studio" : `${call.client?.name ?? "unknown"} ${call.client?.version ?? ""}`} <span class="faint">{call.revision}, {call.transport}</span></Fact>
          {call.cause && <Fact name="Because">{call.cause.kind === "action" || call.cause.action ? <>of the action <span class="mono">{call.cause.action}</span></> : "a view asked"}{call.cause.call !== undefined && <> of <a href={link("traffic", String(call.cause.call))}>call {call.cause.call}</a></>}</Fact>}
          {call.widget && <Fact name="Widget"><a href={link("widgets", call.widget)}>{call.widget}</a></Fact>}
          <Fact name="Answer">{size(call.bytes)} in {took(call.milliseconds)}</Fact>
          <Fact name="View">{call.view.painted ? `painted${call.view.milliseconds ? ` after ${Math.round(call.view.milliseconds)} ms` : ""}` : call.view.initialized ? "initialized, not painted yet" : call.view.read ? "its page was read" : "not seen"}</Fact>
          {call.actions.length > 0 && <Fact name="Pressed">{call.actions.map((action) => <p key={action.at}><span class="mono">{action.type}</span> → {action.tool} <span class="faint">{time(action.at)}</span></p>)}</Fact>}
        </dl>
        {stages.length > 0 && (
          <div class="traffic-stages">
            {stages.map(([name, milliseconds]) => (
              <div key={name} class="row"><span class="step-name" style={{ fontWeight: 500 }}>{name}</span><span class="step-bar grow"><span style={{ width: `${Math.max(1, (milliseconds / longest) * 100)}%` }} /></span><span class="mono step-time">{took(milliseconds)}</span></div>
            ))}
          </div>
        )}
        {call.arguments !== undefined && <section class="panel"><div class="panel-head"><h3>Arguments</h3></div><JsonTree value={call.arguments} label="Arguments" depth={3} /></section>}
        {call.result !== undefined && call.result !== null && <section class="panel"><div class="panel-head"><h3>Result</h3></div><JsonTree value={call.result} label="Result" depth={2} /></section>}
        {call.wire !== undefined && call.wire !== null && <details><summary>On the wire</summary><JsonCode value={call.wire} label="Wire" wrap /></details>}
      </div>
    </section>
  );
}

function Said({ error }: { error: Json }): JSX.Element {
  if (typeof error === "string") return <>{error}</>;
  const told = typeof error === "object" && error !== null && !Array.isArray(error) ? error : {};
  return typeof told.message === "string" ? <><b>{told.message}</b>{typeof told.detail === "string" && <p class="about">{told.detail}</p>}</> : <>{JSON.stringify(error)}</>;
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
