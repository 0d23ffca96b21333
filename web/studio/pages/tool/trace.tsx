// A call in its stages: how long each took, what went in and what came out, and the fault where it arose.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type Json, type Run, STAGES, type Stage, type StageName } from "../../api/types";
import { Code } from "../../parts/code";
import { Icon } from "../../parts/icon";
import { JsonTree } from "../../parts/json";
import { Note, Words } from "../../parts/say";

const about: Record<StageName, string> = {
  arguments: "Defaults filled in, checked against the input schema",
  source: "What the connection answered",
  select: "The part of it that is picked",
  data: "Absent fields filled in, checked against the widget's schema",
  template: "The template printed",
  tree: "Parsed and judged",
  envelope: "Joined to what is sent",
};

export function Trace({ run }: { run: Run }): JSX.Element {
  const failed = run.error?.stage;
  const [open, setOpen] = useState<ReadonlySet<StageName>>(new Set(failed ? [failed] : ["data"]));
  const longest = Math.max(0.001, ...run.trace.map((stage) => stage.milliseconds));
  const toggle = (stage: StageName) => {
    const next = new Set(open);
    if (!next.delete(stage)) next.add(stage);
    setOpen(next);
  };
  return (
    <ol class="trace">
      {STAGES.map((name) => {
        const stage = run.trace.find((one) => one.stage === name);
        return <Step key={name} name={name} stage={stage} longest={longest} open={open.has(name)} error={failed === name ? run.error : null} onToggle={() => toggle(name)} />;
      })}
    </ol>
  );
}

interface StepProps {
  name: StageName;
  stage: Stage | undefined;
  longest: number;
  open: boolean;
  error: Run["error"];
  onToggle(): void;
}

function Step({ name, stage, longest, open, error, onToggle }: StepProps): JSX.Element {
  const reached = stage !== undefined || error !== null;
  return (
    <li class="step" data-tone={error ? "bad" : stage ? "good" : undefined}>
      <button type="button" class="step-head" aria-expanded={open && reached} disabled={!reached} onClick={onToggle}>
        <Icon name={error ? "bad" : stage ? "good" : "clock"} />
        <span class="step-name">{name}</span>
        <span class="quiet cut grow">{reached ? about[name] : error ? "" : "Not reached"}</span>
        {stage && (
          <>
            <span class="step-bar" aria-hidden="true"><span style={{ width: `${Math.max(2, (stage.milliseconds / longest) * 100)}%` }} /></span>
            <span class="mono step-time">{stage.milliseconds.toFixed(stage.milliseconds < 10 ? 2 : 0)} ms</span>
          </>
        )}
      </button>
      {error && (
        <div class="step-error">
          <Note tone="bad">
            <pre class="said"><Words>{error.message}</Words></pre>
            {error.help && <p class="about"><Words>{error.help}</Words></p>}
            {error.detail && error.detail !== error.message && <><p class="about" style={{ marginTop: "6px" }}>For the log:</p><pre class="said" tabIndex={0}>{error.detail}</pre></>}
          </Note>
        </div>
      )}
      {open && stage && (
        <div class="step-body">
          <Side title="In" value={stage.in} />
          <Side title="Out" value={stage.out} />
        </div>
      )}
    </li>
  );
}

function Side({ title, value }: { title: string; value: Json | undefined }): JSX.Element {
  const nothing = value === undefined || value === null;
  return (
    <section class="panel" aria-label={title}>
      <div class="panel-head" style={{ minHeight: "30px" }}><h3>{title}</h3></div>
      <div class="step-value">
        {nothing ? <p class="quiet pad">Nothing</p> : typeof value === "string" ? <Code text={value} label={title} wrap /> : <JsonTree value={value} label={title} depth={3} />}
      </div>
    </section>
  );
}
