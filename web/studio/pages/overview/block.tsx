// One block of the overview: tools on the left, widgets with their pictures on the right, lines between them.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { faultsOf, thumbnails, version } from "../../api/store";
import type { Thumbnail, ToolEntry, WidgetEntry } from "../../api/types";
import { link } from "../../app/router";
import { theme } from "../../app/theme";
import { Badge } from "../../parts/button";
import { Drawn } from "../../parts/drawn";
import { Icon } from "../../parts/icon";
import { FaultCount } from "../../parts/say";
import { type Block, CARD, GAP, heightOf, LINE, LITTLE, TOOL, toolHeight } from "./blocks";

export function BlockView({ block }: { block: Block }): JSX.Element {
  const little = block.continued && block.tools.length > 0;
  const [pointed, setPointed] = useState<string | undefined>();
  return (
    <section class="block" data-little={little || undefined} style={{ height: `${heightOf(block)}px` }} aria-label={block.tools.map((tool) => tool.title || tool.name).join(", ") || "Unused widget"}>
      <div class="block-tools" onPointerLeave={() => setPointed(undefined)}>
        {block.tools.map((tool) => <ToolRow key={tool.name} tool={tool} height={toolHeight(block)} onPoint={() => setPointed(tool.name)} />)}
        {block.tools.length === 0 && !block.continued && <p class="quiet block-alone">No tool answers in this widget. <a href={link("new", { widget: block.widgets[0]?.name })}>Make one</a></p>}
      </div>
      <Lines block={block} little={little} pointed={pointed} />
      <div class="block-widgets">
        {block.widgets.map((widget) => (little ? <Little key={widget.name} widget={widget} /> : <Card key={widget.name} widget={widget} />))}
        {block.widgets.length === 0 && <p class="quiet block-alone">{block.tools.length === 1 ? "Answers" : "Answer"} in text.</p>}
      </div>
    </section>
  );
}

function ToolRow({ tool, height, onPoint }: { tool: ToolEntry; height: number; onPoint(): void }): JSX.Element {
  const { name, title, description, builtin, readOnly, visibility } = tool;
  const lines = 1 + Math.floor((height - TOOL) / LINE);
  return (
    <a class="tool-row" style={{ height: `${height}px` }} href={link("tools", name)} onPointerEnter={onPoint} onFocus={onPoint} title={description}>
      <span class="row">
        <b class="cut grow">{title || name}</b>
        <FaultCount faults={faultsOf.value.tools.get(name)} />
      </span>
      <span class="row tool-name">
        <span class="mono faint cut">{name}</span>
        {builtin && <Badge>built in</Badge>}
        {!readOnly && <Badge tone="warn" title="Changes things">writes</Badge>}
        {!visibility.includes("model") && !builtin && <Badge title="Hidden from the model; widgets call it">widgets only</Badge>}
      </span>
      <span class="quiet tool-about" style={{ WebkitLineClamp: lines }}>{description}</span>
    </a>
  );
}

/** From each tool to its widgets; variants are dashed. */
function Lines({ block, little, pointed }: { block: Block; little: boolean; pointed: string | undefined }): JSX.Element {
  const card = little ? LITTLE : CARD;
  const width = 48;
  const height = toolHeight(block);
  const places = new Map(block.widgets.map((widget, index) => [widget.name, index]));
  const lines = block.tools.flatMap((tool, row) =>
    tool.widgets.flatMap((name, order) => {
      const at = places.get(name);
      if (at === undefined) return [];
      const from = row * height + 18;
      const to = at * (card + GAP) + (little ? card / 2 : 18);
      return [{ key: `${tool.name} ${name}`, tool: tool.name, variant: order > 0, d: `M0 ${from} C ${width / 2} ${from}, ${width / 2} ${to}, ${width - 5} ${to}`, to }];
    }),
  );
  return (
    <svg class="block-lines" width={width} height={heightOf(block) - 2 * GAP} aria-hidden="true">
      {lines.map((line) => (
        <g key={line.key} data-on={line.tool === pointed || undefined}>
          <path d={line.d} fill="none" stroke-dasharray={line.variant ? "4 4" : undefined} />
          <circle cx={width - 5} cy={line.to} r="3" />
        </g>
      ))}
    </svg>
  );
}

function Little({ widget }: { widget: WidgetEntry }): JSX.Element {
  return (
    <a class="panel widget-little" style={{ height: `${LITTLE}px` }} href={link("widgets", widget.name)}>
      <Icon name="shapes" />
      <span class="cut">{widget.title || widget.name}</span>
    </a>
  );
}

function Card({ widget }: { widget: WidgetEntry }): JSX.Element {
  const { name, title, actions } = widget;
  return (
    <a class="panel widget-card" style={{ height: `${CARD}px` }} href={link("widgets", name)}>
      <Picture name={name} />
      <span class="widget-foot">
        <b class="cut">{title || name}</b>
        {title && title !== name && <span class="mono faint cut grow">{name}</span>}
        {actions.length > 0 && <Badge title={actions.join(", ")}>{actions.length} {actions.length === 1 ? "action" : "actions"}</Badge>}
        <FaultCount faults={faultsOf.value.widgets.get(name)} />
      </span>
    </a>
  );
}

/** The widget's sample as the view draws it, small; made when it comes into sight (the list draws nothing else). */
export function Picture({ name }: { name: string }): JSX.Element {
  const [picture, setPicture] = useState<Thumbnail | undefined>(thumbnails.known(name));
  const [asked, setAsked] = useState(picture !== undefined);
  useEffect(() => {
    let gone = false;
    void thumbnails.get(name).then((found) => {
      if (gone) return;
      setPicture(found);
      setAsked(true);
    });
    return () => void (gone = true);
  }, [name, version.value]);
  return (
    <span class="picture" role="img" aria-label={`Picture of ${name}`}>
      {picture?.tree ? (
        <span class="picture-inside"><Drawn tree={picture.tree} theme={theme.value} inert /></span>
      ) : picture?.fault ? (
        <span class="picture-fault"><Icon name="bad" /> {picture.fault.message}</span>
      ) : (
        asked && <span class="picture-fault faint">No picture</span>
      )}
    </span>
  );
}
