// The page of one tool: what it wants on the left, what it answered on the right. Every state of it is an address.

import type { JSX } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { api, part } from "../../api/client";
import { faultsOf, toolsByName, useLoad, version } from "../../api/store";
import type { Result, Run, ToolDetail, Values } from "../../api/types";
import { useKeys } from "../../app/keys";
import { link, place, setQuery } from "../../app/router";
import { Head } from "../../app/shell";
import { answerOf, resultOf, runTool } from "../../host/run";
import { useSetting } from "../../host/setting";
import { Badge, Button, Key } from "../../parts/button";
import { FaultList, Refusal, Waiting } from "../../parts/say";
import { Split } from "../../parts/split";
import { complain } from "../../parts/toast";
import { Ask } from "./ask";
import { Answer } from "./answer";

export function Tool({ name }: { name: string }): JSX.Element {
  const detail = useLoad((signal) => api.get<ToolDetail>(`tools/${part(name)}`, signal), name, [version.value]);
  if (!detail.value) {
    return (
      <>
        <Head title={name} />
        {detail.error ? <Refusal error={detail.error} again={detail.again} /> : <Waiting />}
      </>
    );
  }
  return <Open detail={detail.value} again={detail.again} />;
}

/** The arguments as the JSON text beside the form; the text is what counts, the form follows it. */
export interface Arguments {
  text: string;
  value: Values | undefined;
  wrong: string | undefined;
  write(text: string): void;
}

const pretty = (value: unknown): string => JSON.stringify(value, null, 2);

function useArguments(detail: ToolDetail): Arguments {
  const said = place.value.query.get("args");
  const [text, setText] = useState(() => {
    try {
      return said === null ? pretty(detail.example.arguments) : pretty(JSON.parse(said));
    } catch {
      return said ?? "{}";
    }
  });
  const { value, wrong } = useMemo(() => {
    try {
      const parsed: unknown = JSON.parse(text);
      const fits = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
      return fits ? { value: parsed as Values, wrong: undefined } : { value: undefined, wrong: "Arguments are an object: { … }." };
    } catch (error) {
      return { value: undefined, wrong: String((error as Error).message) };
    }
  }, [text]);
  const write = useCallback((next: string) => {
    setText(next);
    try {
      setQuery({ args: JSON.stringify(JSON.parse(next)) });
    } catch {
      // The address keeps what was right last.
    }
  }, []);
  return { text, value, wrong, write };
}

function Open({ detail, again }: { detail: ToolDetail; again(): void }): JSX.Element {
  const { name, definition } = detail;
  const setting = useSetting();
  const args = useArguments(detail);
  const [run, setRun] = useState<{ run: Run; args: Values; ui: boolean } | undefined>();
  const [working, setWorking] = useState(false);
  const turn = useRef(0);
  const entry = toolsByName.value.get(name);
  const revision = place.value.query.get("revision") === "2025-11-25" ? "2025-11-25" : "2026-07-28";
  const ui = setting.client.ui;

  const start = useCallback(async () => {
    if (!args.value) return;
    const mine = ++turn.current;
    setWorking(true);
    try {
      const done = await runTool(name, args.value, { ui, revision });
      if (mine === turn.current) setRun({ run: done, args: args.value, ui });
    } catch (error) {
      complain(error);
    } finally {
      if (mine === turn.current) setWorking(false);
    }
  }, [name, args.value, ui, revision]);

  // What only reads is run when the page opens and when the client declares something else: there is something to see at once.
  const harmless = entry?.readOnly ?? false;
  const ready = args.value !== undefined && (definition.inputSchema.required ?? []).every((one) => args.value?.[one] !== undefined);
  useEffect(() => {
    if (harmless && ready) void start();
  }, [name, ui, revision, version.value]);
  useKeys({ "Control+Enter": () => void start() });

  const call = useCallback(
    async (tool: string, given: Values): Promise<Result> => {
      const action = Object.entries(detail.actions).find(([, bound]) => bound.tool === tool)?.[0];
      return answerOf(await runTool(tool, given, { ui: true, revision, from: { kind: "view", action, call: run?.run.call } }));
    },
    [detail, revision, run],
  );
  const faults = faultsOf.value.tools.get(name) ?? detail.faults;
  return (
    <>
      <Head
        title={definition.title || name} about={definition.description}
        badges={
          <>
            <span class="mono faint">{name}</span>
            {entry?.builtin && <Badge>built in</Badge>}
            {entry?.readOnly ? <Badge tone="good">reads only</Badge> : <Badge tone="warn">changes things</Badge>}
            {entry && !entry.visibility.includes("model") && <Badge title="Hidden from the model; widgets call it">widgets only</Badge>}
          </>
        }
      >
        {detail.bindings.length > 0 && <Button icon="compare" href={link("clients", { tool: name, args: args.value && JSON.stringify(args.value) })}>Side by side</Button>}
        <Button look="main" icon="play" working={working} disabled={!args.value} onClick={() => void start()}>
          Run <Key>Ctrl ↵</Key>
        </Button>
      </Head>
      {faults.length > 0 && <div class="strip"><FaultList faults={faults} /></div>}
      <div class="page-fill">
        <Split name="tool" first={34} least={20}>
          <Ask detail={detail} args={args} error={run && args.value === run.args ? run.run.error : null} again={again} />
          <Answer detail={detail} run={run?.run} args={run?.args} result={run && resultOf(run.run)} setting={setting} call={call} working={working} stale={run !== undefined && run.ui !== ui} />
        </Split>
      </div>
    </>
  );
}
