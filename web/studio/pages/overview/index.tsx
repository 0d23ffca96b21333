// The overview: every tool beside the widgets it answers in, joined by lines; what is wrong; where to begin.

import type { JSX } from "preact";
import { useDeferred } from "./deferred";
import { useEffect, useMemo, useState } from "preact/hooks";
import { errors, faults, faultsOf, project } from "../../api/store";
import type { Project } from "../../api/types";
import { link, place, setQuery } from "../../app/router";
import { Head } from "../../app/shell";
import { Badge, Button, Key, Segments } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { VirtualList } from "../../parts/list";
import { Empty, FaultList, Note } from "../../parts/say";
import { BlockView } from "./block";
import { blocks, GAP, heightOf } from "./blocks";

type Show = "all" | "faults" | "unused";

export function Overview(): JSX.Element {
  const found = project.value!;
  const { query } = place.value;
  const said = query.get("show");
  const show: Show = said === "faults" || said === "unused" ? said : "all";
  const wanted = query.get("q") ?? "";
  const words = useDeferred(wanted.trim().toLowerCase());
  const of = faultsOf.value;
  const lanes = useLanes();

  const shown = useMemo(() => {
    const match = (...texts: string[]) => words === "" || texts.some((text) => text.toLowerCase().includes(words));
    const widgetFits = new Set(found.widgets.filter((one) => match(one.name, one.title, one.id)).map((one) => one.name));
    const wrong = (name: string, kind: "tools" | "widgets") => show !== "faults" || of[kind].has(name);
    const tools = show === "unused" ? [] : found.tools.filter((tool) => (match(tool.name, tool.title, tool.description) || tool.widgets.some((name) => widgetFits.has(name) && words !== "")) && (wrong(tool.name, "tools") || tool.widgets.some((name) => of.widgets.has(name))));
    const used = new Set(tools.flatMap((tool) => tool.widgets));
    const widgets = found.widgets.filter((one) => (show === "unused" ? one.tools.length === 0 && widgetFits.has(one.name) : used.has(one.name) || (widgetFits.has(one.name) && wrong(one.name, "widgets") && (one.tools.length === 0 || show === "faults"))));
    return { blocks: blocks(tools, widgets), tools: tools.length, widgets: widgets.length };
  }, [found, words, show, of]);

  const unused = found.widgets.filter((one) => one.tools.length === 0).length;
  const own = found.tools.some((tool) => !tool.builtin) || found.widgets.length > 0;
  const count = faults.value.faults.length;
  return (
    <>
      <Head title="Overview" about={`${plural(found.tools.filter((tool) => !tool.builtin).length, "tool")} · ${plural(found.widgets.length, "widget")} · ${plural(found.connections.length, "connection")}`}>
        <label class="search">
          <Icon name="search" />
          <span class="only-read">Search tools and widgets</span>
          <input data-search type="search" placeholder="Search" value={wanted} spellcheck={false} onInput={(event) => setQuery({ q: event.currentTarget.value })} onKeyDown={(event) => event.key === "Escape" && (setQuery({ q: undefined }), event.currentTarget.blur())} />
          <Key>/</Key>
        </label>
        <Segments label="Show" value={show} options={[["all", "All"], ["faults", <>Faults {count > 0 && <b>{count}</b>}</>], ["unused", <>Unused {unused > 0 && <b>{unused}</b>}</>]]} onChange={(next) => setQuery({ show: next === "all" ? undefined : next })} />
        <Button icon="plus" look="main" href={link("new")}>New</Button>
      </Head>
      {!own ? (
        <div class="page"><Begin writable={found.studio.writable} /></div>
      ) : (
        <VirtualList class="page overview" label="Tools and their widgets" items={shown.blocks} height={heightOf} name={(block) => block.name} lanes={lanes} gap={GAP} head={<Above found={found} show={show} empty={shown.blocks.length === 0} words={words} />}>
          {(block) => <BlockView block={block} />}
        </VirtualList>
      )}
    </>
  );
}

const plural = (count: number, what: string): string => `${count.toLocaleString()} ${what}${count === 1 ? "" : "s"}`;

/** As many columns as there is room for. */
function useLanes(): number {
  const count = () => Math.max(1, Math.floor((innerWidth - 250) / 500));
  const [lanes, setLanes] = useState(count);
  useEffect(() => {
    const listen = () => setLanes(count());
    addEventListener("resize", listen);
    return () => removeEventListener("resize", listen);
  }, []);
  return lanes;
}

/** What stands above the tools: that the files are broken, the faults, that nothing was found. */
function Above({ found, show, empty, words }: { found: Project; show: Show; empty: boolean; words: string }): JSX.Element {
  const { state } = found;
  const list = faults.value.faults;
  const broken = !state.ok || errors.value > 0;
  const general = list.filter((fault) => !fault.tool && !fault.widget);
  return (
    <div class="above">
      {!state.ok && (
        <Note tone="bad">
          <b>The files have {errors.value === 1 ? "an error" : `${errors.value || "some"} errors`}, so what is served is the last state that worked.</b>
          <p class="about">Mend them and save: the server reads the files anew by itself.</p>
        </Note>
      )}
      {(show === "faults" || broken) && list.length > 0 && (
        <section class="panel">
          <div class="panel-head">
            <h2 class="grow">Faults</h2>
            {faults.value.checking && <Badge icon="wait">checking</Badge>}
            <span class="quiet">as <span class="mono">toolface check</span> tells them</span>
          </div>
          <FaultList faults={show === "faults" ? list : list.filter((fault) => fault.severity === "error")} full />
        </section>
      )}
      {show === "all" && !broken && general.length > 0 && <section class="panel"><FaultList faults={general} /></section>}
      {empty && show === "faults" && list.length === 0 && <Empty icon="good" title="No faults.">Neither errors nor warnings: <span class="mono">toolface check</span> is content.</Empty>}
      {empty && words !== "" && <Empty icon="search" title="Nothing is named like this." actions={<Button onClick={() => setQuery({ q: undefined })}>Show all</Button>} />}
      {empty && words === "" && show === "unused" && <Empty icon="good" title="Every widget is used.">Each is what some tool answers in.</Empty>}
    </div>
  );
}

/** An empty project: three ways to begin. */
function Begin({ writable }: { writable: boolean }): JSX.Element {
  const ways = [
    { icon: "shapes", title: "From a starter", about: "Choose a finished widget and make it yours.", to: link("new", { from: "starter" }) },
    { icon: "sparkles", title: "From data", about: "Paste what your API or database answers; a fitting widget is made of it.", to: link("new", { from: "data" }) },
    { icon: "upload", title: "From a file", about: "Put a .widget of ChatKit Studio into widgets/ and a tool into tools/: both appear here.", to: link("new", { from: "file" }) },
  ] as const;
  return (
    <div class="begin">
      <Icon name="grid" />
      <h2>Nothing here yet</h2>
      <p class="quiet">A tool answers in a widget: begin with the widget, then say where its data comes from.</p>
      <div class="begin-ways">
        {ways.map((way) => (
          <a class="panel begin-way" href={way.to} key={way.title}>
            <Icon name={way.icon} />
            <h3>{way.title}</h3>
            <p class="quiet">{way.about}</p>
          </a>
        ))}
      </div>
      {!writable && <Note>The studio may not write here; make the files with <code>toolface new</code>.</Note>}
    </div>
  );
}
