// What a tool answered, as tabs.

import type { JSX } from "preact";
import type { Result, Run, ToolDetail, Values } from "../../api/types";
import { place, setQuery } from "../../app/router";
import { Prose, Terminal, textOf } from "../../host/terminal";
import { treeOf } from "../../host/run";
import type { Setting } from "../../host/setting";
import { Badge, CopyButton, Segments } from "../../parts/button";
import { Code, JsonCode } from "../../parts/code";
import { JsonTree } from "../../parts/json";
import { Empty } from "../../parts/say";
import { TabPanel, Tabs } from "../../parts/tabs";
import { Trace } from "./trace";
import { View } from "./view";

const names = { view: "View", text: "Text", envelope: "Envelope", tree: "Tree", trace: "Trace", wire: "Wire" } as const;
export type AnswerTab = keyof typeof names;

export interface AnswerProps {
  detail: ToolDetail;
  run: Run | undefined;
  args: Values | undefined;
  result: Result | undefined;
  setting: Setting;
  working: boolean;
  /** The client was changed since, to one that declares something else. */
  stale: boolean;
  call(name: string, args: Values): Promise<Result>;
}

export function Answer(props: AnswerProps): JSX.Element {
  const { run, result } = props;
  const said = place.value.query.get("tab") ?? "view";
  const tab = (said in names ? said : "view") as AnswerTab;
  const tabs = (Object.keys(names) as AnswerTab[]).map((id) => ({ id, label: names[id] }));
  return (
    <>
      <Tabs
        name="answer" label="Result" tabs={tabs} value={tab} onChange={(next) => setQuery({ tab: next === "view" ? undefined : next })}
        more={run && (
          <>
            {result?.isError || run.response.error ? <Badge tone="bad" icon="bad">failed</Badge> : <Badge tone="good" icon="check">ok</Badge>}
            <span class="mono quiet" title="Time of the whole call">{run.milliseconds < 10 ? run.milliseconds.toFixed(1) : Math.round(run.milliseconds)} ms</span>
          </>
        )}
      />
      <TabPanel name="answer" tab={tab}>
        {run && result && props.args ? (
          <Shown {...props} run={run} result={result} args={props.args} tab={tab} />
        ) : (
          <Empty icon="play" title={props.working ? "Running…" : "Not run yet."}>{props.working ? "" : "Fill in the form and press Ctrl-Enter. What changes things runs only when you say so."}</Empty>
        )}
      </TabPanel>
    </>
  );
}

export interface ShownProps extends AnswerProps {
  run: Run;
  result: Result;
  args: Values;
}

function Shown(props: ShownProps & { tab: AnswerTab }): JSX.Element {
  const { tab, run, result, detail } = props;
  switch (tab) {
    case "view":
      return <View {...props} />;
    case "text":
      return <Text name={detail.name} result={result} />;
    case "envelope":
      return <Envelope result={result} />;
    case "tree":
      return <View {...props} withTree />;
    case "trace":
      return <Trace run={run} />;
    case "wire":
      return <Wire run={run} />;
  }
}

function Text({ name, result }: { name: string; result: Result }): JSX.Element {
  const text = textOf(result);
  const how = place.value.query.get("as") === "terminal" ? "terminal" : place.value.query.get("as") === "source" ? "source" : "rendered";
  return (
    <div class="pad col" style={{ gap: "12px" }}>
      <div class="row">
        <Segments label="Show as" value={how} options={[["rendered", "Rendered"], ["terminal", "Terminal"], ["source", "Markdown"]]} onChange={(as) => setQuery({ as: as === "rendered" ? undefined : as })} />
        <span class="quiet grow">{text.length.toLocaleString()} characters</span>
        <CopyButton text={text} />
      </div>
      {how === "rendered" && <div class="panel panel-body"><Prose text={text} /></div>}
      {how === "terminal" && <Terminal tool={name} text={text} failed={result.isError ?? false} />}
      {how === "source" && <div class="panel"><Code text={text} label="Text" wrap copies={false} /></div>}
    </div>
  );
}

function Envelope({ result }: { result: Result }): JSX.Element {
  if (result.structuredContent === undefined) {
    return <Empty icon="braces" title="There is no structured content.">{result.isError ? "The call failed: see Trace for where." : "This tool answers in text."}</Empty>;
  }
  return (
    <>
      <div class="row pad" style={{ paddingBottom: 0 }}>
        <span class="quiet grow">What the model reads as <span class="mono">structuredContent</span>.</span>
        <CopyButton text={() => JSON.stringify(result.structuredContent, null, 2)} />
      </div>
      <JsonTree value={result.structuredContent} label="Envelope" depth={4} />
    </>
  );
}

/** The tree of a result, or why there is none. */
export function Tree({ result, onPoint }: { result: Result; onPoint(path: (string | number)[] | undefined): void }): JSX.Element {
  const tree = treeOf(result);
  if (!tree) return <Empty icon="tree" title="There is no tree.">{result.isError ? "The call failed: see Trace for where." : "This tool answers in text."}</Empty>;
  return (
    <JsonTree
      value={tree} label="Tree" depth={9} onPoint={onPoint}
      sum={(value) => (typeof value === "object" && value !== null && !Array.isArray(value) && typeof value.type === "string" ? value.type : undefined)}
    />
  );
}

function Wire({ run }: { run: Run }): JSX.Element {
  const revision = place.value.query.get("revision") === "2025-11-25" ? "2025-11-25" : "2026-07-28";
  return (
    <div class="pad col" style={{ gap: "12px" }}>
      <div class="row">
        <Segments label="Revision" value={revision} options={[["2026-07-28", "2026-07-28"], ["2025-11-25", "2025-11-25"]]} onChange={(next) => setQuery({ revision: next === "2026-07-28" ? undefined : next })} />
        <span class="grow" />
        <CopyButton text={run.curl} label="Copy as curl" what="Copied as a curl command." />
      </div>
      <section class="panel">
        <div class="panel-head"><h3 class="grow">Request</h3><Badge>POST /mcp</Badge></div>
        <Code label="Headers" text={Object.entries(run.headers).map(([name, value]) => `${name}: ${value}`).join("\n")} copies={false} />
        <div style={{ borderTop: "1px solid var(--line)" }}><JsonCode label="Request" value={run.request} wrap /></div>
      </section>
      <section class="panel">
        <div class="panel-head"><h3 class="grow">Response</h3><span class="quiet">{new Blob([JSON.stringify(run.response)]).size.toLocaleString()} bytes</span></div>
        <JsonCode label="Response" value={run.response} wrap />
      </section>
    </div>
  );
}

