// What agents need of the project: routes, instructions, exports, the manifest, to read, copy and download.

import { strToU8, zipSync } from "fflate";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { api, part } from "../api/client";
import { project, useLoad, version } from "../api/store";
import type { Json } from "../api/types";
import { go, link, place, setQuery } from "../app/router";
import { Head } from "../app/shell";
import { Badge, Button, CopyButton } from "../parts/button";
import { Code } from "../parts/code";
import { Icon } from "../parts/icon";
import { JsonTree } from "../parts/json";
import { Empty, Refusal, Waiting } from "../parts/say";
import { Split } from "../parts/split";
import { TabPanel, Tabs } from "../parts/tabs";
import "./agents.css";

interface Export {
  target: string;
  title: string;
  description: string;
  command: string;
}

interface AgentsAnswer {
  manifest: Json;
  routes: { name: string; title?: string; tools: string[]; companions?: string[] }[];
  instructions: { all: string; tools: { [name: string]: string } };
  exports: Export[];
}

const names = { exports: "Exports", instructions: "Instructions", routes: "Routes", manifest: "Manifest" } as const;
type Tab = keyof typeof names;

export function Agents({ tab }: { tab: string | undefined }): JSX.Element {
  const loaded = useLoad((signal) => api.get<AgentsAnswer>("agents", signal), "agents", [version.value]);
  const shown: Tab = tab && tab in names ? (tab as Tab) : "exports";
  const { value } = loaded;
  return (
    <>
      <Head title="Agents" about="What agents and agent builders need of this project" />
      <Tabs name="agents" label="For agents" tabs={(Object.keys(names) as Tab[]).map((id) => ({ id, label: names[id] }))} value={shown} onChange={(next) => go(link("agents", next))} />
      <TabPanel name="agents" tab={shown}>
        {!value ? (loaded.error ? <Refusal error={loaded.error} again={loaded.again} /> : <Waiting />) : <Shown tab={shown} value={value} />}
      </TabPanel>
    </>
  );
}

function Shown({ tab, value }: { tab: Tab; value: AgentsAnswer }): JSX.Element {
  switch (tab) {
    case "exports":
      return <Exports exports={value.exports} />;
    case "instructions":
      return <Instructions instructions={value.instructions} />;
    case "routes":
      return <Routes routes={value.routes} />;
    case "manifest":
      return (
        <>
          <div class="row pad" style={{ paddingBottom: 0 }}>
            <span class="quiet grow">Which tool is bound to which widget, as <span class="mono">/manifest.json</span> serves it.</span>
            <CopyButton text={() => JSON.stringify(value.manifest, null, 2)} />
            <Button size="s" look="plain" icon="download" onClick={() => download("manifest.json", JSON.stringify(value.manifest, null, 2))}>Download</Button>
          </div>
          <JsonTree value={value.manifest} label="Manifest" depth={3} />
        </>
      );
  }
}

function Routes({ routes }: { routes: AgentsAnswer["routes"] }): JSX.Element {
  if (routes.length === 0) return <Empty icon="compare" title="There are no routes." />;
  return (
    <div class="pad agents-grid">
      {routes.map((route) => {
        const address = `${location.origin}${project.value?.mcp ?? "/mcp"}/${route.name}`;
        return (
          <section class="panel panel-body col" style={{ gap: "8px" }} key={route.name}>
            <div class="row"><h2 class="cut grow">{route.title || route.name}</h2><Badge>{route.tools.length} {route.tools.length === 1 ? "tool" : "tools"}</Badge></div>
            <div class="row agents-address"><span class="mono cut grow">{address}</span><CopyButton text={address} /></div>
            <p>{route.tools.map((name) => <a class="agents-tool" key={name} href={link("tools", name)}>{name}</a>)}</p>
            {(route.companions?.length ?? 0) > 0 && <p class="quiet">Besides, for its widgets: {route.companions!.join(", ")}</p>}
          </section>
        );
      })}
    </div>
  );
}

function Instructions({ instructions }: { instructions: AgentsAnswer["instructions"] }): JSX.Element {
  const said = place.value.query.get("for") ?? "";
  const text = said in instructions.tools ? instructions.tools[said]! : instructions.all;
  const of = said in instructions.tools ? said : "";
  return (
    <div class="pad col" style={{ gap: "12px" }}>
      <div class="row">
        <label class="row grow">
          <span class="quiet">For</span>
          <select class="select" aria-label="For" style={{ width: "260px" }} value={of} onChange={(event) => setQuery({ for: event.currentTarget.value })}>
            <option value="">all tools</option>
            {Object.keys(instructions.tools).map((name) => <option key={name}>{name}</option>)}
          </select>
        </label>
        <CopyButton text={text} />
        <Button size="s" look="plain" icon="download" onClick={() => download(`${of || "instructions"}.md`, text)}>Download</Button>
      </div>
      <div class="panel"><Code text={text} label="Instructions" wrap copies={false} /></div>
    </div>
  );
}

function Exports({ exports }: { exports: Export[] }): JSX.Element {
  const said = place.value.query.get("target");
  const chosen = exports.find((one) => one.target === said) ?? exports[0];
  if (!chosen) return <Empty icon="download" title="There is nothing to export." />;
  return (
    <Split name="exports" first={30}>
      <ul class="col agents-targets">
        {exports.map((one) => (
          <li key={one.target}>
            <button type="button" class="agents-target" aria-current={one === chosen || undefined} onClick={() => setQuery({ target: one.target, file: undefined })}>
              <b>{one.title}</b>
              <span class="quiet">{one.description}</span>
            </button>
          </li>
        ))}
      </ul>
      <Target key={chosen.target} chosen={chosen} />
    </Split>
  );
}

function Target({ chosen }: { chosen: Export }): JSX.Element {
  const loaded = useLoad((signal) => api.get<{ files: { path: string; text: string }[] }>(`agents/export/${part(chosen.target)}`, signal), chosen.target, [version.value]);
  const [open, setOpen] = useState<string | undefined>();
  const files = loaded.value?.files;
  const file = files?.find((one) => one.path === open) ?? files?.[0];
  return (
    <div class="col grow agents-files">
      <div class="panel-head">
        <h2 class="grow cut">{chosen.title}</h2>
        {files && <Button size="s" look="main" icon="download" onClick={() => zip(chosen.target, files)}>Download .zip</Button>}
      </div>
      <div class="row agents-command"><Icon name="terminal" /><span class="mono cut grow">{chosen.command}</span><CopyButton text={chosen.command} /></div>
      {!files || !file ? (loaded.error ? <Refusal error={loaded.error} again={loaded.again} /> : <Waiting />) : (
        <div class="agents-open">
          <ul class="agents-list" aria-label="Files">
            {files.map((one) => (
              <li key={one.path}>
                <button type="button" class="side-item" aria-current={one === file || undefined} title={one.path} onClick={() => setOpen(one.path)}><Icon name="file" /><span class="cut">{one.path}</span></button>
              </li>
            ))}
          </ul>
          <div class="agents-text"><Code text={file.text} language={file.path.endsWith(".json") ? "json" : file.path.endsWith(".toml") ? "toml" : "text"} label={file.path} /></div>
        </div>
      )}
    </div>
  );
}

function save(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const anchor = Object.assign(document.createElement("a"), { href: address, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

const download = (name: string, text: string): void => save(name, new Blob([text], { type: "text/plain" }));

function zip(target: string, files: { path: string; text: string }[]): void {
  const packed = zipSync(Object.fromEntries(files.map(({ path, text }) => [`${target}/${path}`, strToU8(text)])));
  save(`${target}.zip`, new Blob([packed as Uint8Array<ArrayBuffer>], { type: "application/zip" }));
}
