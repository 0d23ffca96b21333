// A result as a client shows it: the real page in a frame, the text, a terminal, or the tree ChatKit draws.

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Node } from "../../../shared/contract";
import { link } from "../../app/router";
import type { LogEntry } from "../../host/bridge";
import { type FrameHandle, ViewFrame } from "../../host/frame";
import { treeOf } from "../../host/run";
import { HostBar } from "../../host/setting";
import { Prose, Terminal, textOf } from "../../host/terminal";
import { Badge, Button } from "../../parts/button";
import { Drawn } from "../../parts/drawn";
import { Empty, Note } from "../../parts/say";
import { Split } from "../../parts/split";
import { type ShownProps, Tree } from "./answer";

export function View({ withTree, ...props }: ShownProps & { withTree?: boolean }): JSX.Element {
  const { detail, run, args, result, setting, call, stale } = props;
  const [log, setLog] = useState<LogEntry[]>([]);
  const handle = useRef<FrameHandle | null>(null);
  const client = withTree && setting.client.shows !== "view" ? { ...setting.client, shows: "view" as const } : setting.client;
  const widget = detail.bindings[0]?.widget;
  const around = { theme: setting.theme, locale: setting.locale, timeZone: setting.timeZone };
  const note = (entry: LogEntry) => setLog((before) => [...before, entry].slice(-200));
  const tree = treeOf(result);

  const stage = (
    <div class="stage" data-theme={setting.theme} tabIndex={0} role="region" aria-label={`As ${client.title} shows it`}>
      {stale && <Note tone="warn">This client declares something else when it connects. Run again to see what it gets.</Note>}
      {client.shows === "text" && <Sheet width={setting.width}><Prose text={textOf(result)} /></Sheet>}
      {client.shows === "terminal" && <Terminal tool={detail.name} text={textOf(result)} failed={result.isError ?? false} />}
      {client.shows === "tree" && (tree ? <div style={{ width: setting.width ? `${setting.width}px` : "100%" }}><Drawn tree={tree as unknown as Node} theme={setting.theme} locale={setting.locale} timeZone={setting.timeZone} /></div> : <Sheet width={setting.width}><Prose text={textOf(result)} /></Sheet>)}
      {client.shows === "view" &&
        (widget && client.wire === "openai" && result.isError ? (
          <Note>ChatGPT opens no view for a call that failed. The model reads: {textOf(result)}</Note>
        ) : widget ? (
          <ViewFrame
            key={`${run.call} ${client.id}`} widget={widget} client={client} around={around} tool={detail.definition as never} args={args} result={result} width={setting.width}
            title={`${detail.definition.title || detail.name}, as ${client.title} shows it`} call={call} onLog={note} of={run.call} handle={handle}
          />
        ) : (
          <Sheet width={setting.width}><Prose text={textOf(result)} /></Sheet>
        ))}
    </div>
  );
  return (
    <div class="col" style={{ height: "100%" }}>
      <HostBar setting={setting} />
      {withTree ? (
        <Split name="tree" way="row" first={50}>
          <div class="tab-panel"><Tree result={result} onPoint={(path) => handle.current?.outline(path)} /></div>
          {stage}
        </Split>
      ) : (
        <>
          {stage}
          {!widget && client.shows === "view" && <Empty icon="message" title="This tool answers in text." actions={<Button icon="plus" href={link("new")}>Make a widget for it</Button>} />}
          {client.shows === "view" && widget && <Log entries={log} onClear={() => setLog([])} />}
        </>
      )}
    </div>
  );
}

function Sheet({ width, children }: { width: number | undefined; children: JSX.Element }): JSX.Element {
  return <div class="sheet" style={{ width: width ? `${width}px` : "100%" }}>{children}</div>;
}

/** What view and host said to each other. */
function Log({ entries, onClear }: { entries: LogEntry[]; onClear(): void }): JSX.Element {
  return (
    <details class="wire-log">
      <summary class="row">
        <span class="grow">Messages</span>
        <Badge>{entries.length}</Badge>
      </summary>
      <ol tabIndex={0} aria-label="Messages between view and host">
        {entries.map((entry) => (
          <li key={entry.id}>
            <span class="faint">{entry.at.toFixed(0)} ms</span>
            <span data-from={entry.from}>{entry.from === "view" ? "view →" : "→ view"}</span>
            <b>{entry.method.replace("ui/notifications/", "")}</b>
            <span class="cut quiet" title={entry.about}>{entry.about}</span>
          </li>
        ))}
      </ol>
      {entries.length > 0 && <Button size="s" look="plain" icon="trash" onClick={onClear}>Clear</Button>}
    </details>
  );
}
