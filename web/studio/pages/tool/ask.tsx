// What a tool is asked: the form, the JSON of the arguments, the tool's own file.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Run, ToolDetail } from "../../api/types";
import { link, place, setQuery } from "../../app/router";
import { Badge, Button, CopyButton } from "../../parts/button";
import { Code } from "../../parts/code";
import { SchemaForm } from "../../parts/form";
import { Empty, Note } from "../../parts/say";
import { TabPanel, Tabs } from "../../parts/tabs";
import { ToolFile } from "./file";
import type { Arguments } from "./index";

type Pane = "form" | "json" | "file" | "about";

interface AskProps {
  detail: ToolDetail;
  args: Arguments;
  error: Run["error"];
  again(): void;
}

export function Ask({ detail, args, error, again }: AskProps): JSX.Element {
  const said = place.value.query.get("pane");
  const tabs = [
    { id: "form" as Pane, label: "Form" },
    { id: "json" as Pane, label: <>JSON{args.wrong && <span class="dot" data-tone="bad" />}</> },
    { id: "about" as Pane, label: "About" },
    ...(detail.text === null ? [] : [{ id: "file" as Pane, label: "File" }]),
  ];
  const pane = tabs.find((tab) => tab.id === said)?.id ?? "form";
  return (
    <>
      <Tabs name="ask" label="Arguments" tabs={tabs} value={pane} onChange={(next) => setQuery({ pane: next === "form" ? undefined : next })} />
      <TabPanel name="ask" tab={pane}>
        {pane === "form" && <Form detail={detail} args={args} error={error} />}
        {pane === "json" && <Raw detail={detail} args={args} error={error} />}
        {pane === "about" && <About detail={detail} />}
        {pane === "file" && <ToolFile detail={detail} again={again} />}
      </TabPanel>
    </>
  );
}

/** Sentences of a refusal by the argument they name: `- order_id: …` or `at `/order_id`: …`. */
function byField(error: Run["error"], names: string[]): Map<string, string> {
  const wrong = new Map<string, string>();
  if (error?.stage !== "arguments") return wrong;
  for (const line of error.message.split("\n")) {
    const name = names.find((one) => new RegExp(`(^|[\\s\`"'/])${one.replace(/[^\w]/g, "\\$&")}([\\s\`"':/.]|$)`).test(line));
    if (name && !wrong.has(`/${name}`)) wrong.set(`/${name}`, line.replace(/^[-•\s]+/, ""));
  }
  return wrong;
}

function Form({ detail, args, error }: Omit<AskProps, "again">): JSX.Element {
  const schema = detail.definition.inputSchema;
  const names = Object.keys(schema.properties ?? {});
  const wrong = useMemo(() => byField(error, names), [error, schema]);
  if (names.length === 0) return <Empty icon="play" title="It takes no arguments.">Run it as it is.</Empty>;
  return (
    <div class="pad">
      {error?.stage === "arguments" && wrong.size === 0 && <Note tone="bad"><pre class="said">{error.message}</pre></Note>}
      {args.value ? (
        <SchemaForm schema={schema} value={args.value} wrong={wrong} onChange={(value) => args.write(JSON.stringify(value, null, 2))} />
      ) : (
        <Note tone="bad">The JSON beside this form is not right yet: {args.wrong}</Note>
      )}
    </div>
  );
}

function Raw({ detail, args, error }: Omit<AskProps, "again">): JSX.Element {
  return (
    <div class="pad col" style={{ gap: "10px", height: "100%" }}>
      <div class="row">
        <label for="raw-arguments" class="field-name grow">Arguments</label>
        <CopyButton text={args.text} />
        <Button size="s" look="plain" icon="undo" onClick={() => args.write(JSON.stringify(detail.example.arguments, null, 2))}>Example</Button>
      </div>
      <textarea
        id="raw-arguments" class="area mono grow" style={{ resize: "none" }} spellcheck={false} value={args.text} aria-invalid={args.wrong !== undefined || undefined} aria-describedby="raw-wrong"
        onInput={(event) => args.write(event.currentTarget.value)}
      />
      <div id="raw-wrong">{args.wrong ? <Note tone="bad">{args.wrong}</Note> : error?.stage === "arguments" && <Note tone="bad"><pre class="said">{error.message}</pre></Note>}</div>
    </div>
  );
}

function About({ detail }: { detail: ToolDetail }): JSX.Element {
  const { definition, bindings, actions, source } = detail;
  return (
    <div class="pad col" style={{ gap: "16px" }}>
      <p style={{ whiteSpace: "pre-wrap" }}>{definition.description}</p>
      <dl class="facts">
        <dt>Source</dt>
        <dd>{source.kind}{source.connection && <> of <span class="mono">{source.connection}</span></>}</dd>
        {detail.file && <><dt>File</dt><dd class="mono">{detail.file}</dd></>}
        {bindings.map((binding) => (
          <>
            <dt>Widget</dt>
            <dd>
              <a href={link("widgets", binding.widget)}>{binding.widget}</a> <span class="mono faint">{binding.id}</span>
              {binding.when ? <p class="quiet">when <span class="mono">{typeof binding.when === "string" ? binding.when : JSON.stringify(binding.when)}</span></p> : null}
              {binding.private.length > 0 && <p class="quiet">private: <span class="mono">{binding.private.join(", ")}</span></p>}
            </dd>
          </>
        ))}
        {Object.entries(actions).map(([type, bound]) => (
          <>
            <dt>Action</dt>
            <dd><span class="mono">{type}</span> → <a href={link("tools", bound.tool)}>{bound.tool}</a></dd>
          </>
        ))}
        {Object.entries(definition.annotations ?? {}).map(([hint, value]) => (
          <>
            <dt class="cut" title={hint}>{hint}</dt>
            <dd><Badge>{String(value)}</Badge></dd>
          </>
        ))}
      </dl>
      <details>
        <summary>As <span class="mono">tools/list</span> gives it</summary>
        <Code text={JSON.stringify(definition, null, 2)} language="json" label="Definition" />
      </details>
    </div>
  );
}
