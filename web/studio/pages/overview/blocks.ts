// Which tools and widgets stand together on the overview: those that are bound to each other. Pure, and quick for
// thousands of them.

import type { ToolEntry, WidgetEntry } from "../../api/types";

export interface Block {
  name: string;
  tools: ToolEntry[];
  widgets: WidgetEntry[];
  /** Stands under an earlier block of the same widget. */
  continued: boolean;
}

/** Most tools and widgets of one block. */
const TOOLS = 8;
const WIDGETS = 4;

/** Blocks in the order of their first tool; widgets without a tool come last. */
export function blocks(tools: readonly ToolEntry[], widgets: readonly WidgetEntry[]): Block[] {
  const known = new Map(widgets.map((widget) => [widget.name, widget]));
  const groups = new Map<string, { tools: ToolEntry[]; widgets: Map<string, WidgetEntry> }>();
  const leader = new Map<string, string>();
  const root = (name: string): string => {
    let at = name;
    while (leader.has(at)) at = leader.get(at)!;
    return at;
  };
  // Widgets that one tool shows belong together.
  for (const tool of tools) {
    const [first, ...rest] = tool.widgets.map(root);
    for (const other of rest) if (first !== undefined && root(other) !== root(first)) leader.set(root(other), root(first));
  }
  for (const tool of tools) {
    const key = tool.widgets[0] === undefined ? " text" : root(tool.widgets[0]);
    const group = groups.get(key) ?? { tools: [] as ToolEntry[], widgets: new Map<string, WidgetEntry>() };
    groups.set(key, group);
    group.tools.push(tool);
    for (const name of tool.widgets) {
      const widget = known.get(name);
      if (widget) group.widgets.set(name, widget);
    }
  }
  const text = groups.get(" text");
  groups.delete(" text");
  const bound = [...groups.values()].flatMap(({ tools: some, widgets: shown }) => cut(some, [...shown.values()]));
  const used = new Set(tools.flatMap((tool) => tool.widgets));
  const alone = widgets.filter((widget) => !used.has(widget.name)).map((widget): Block => ({ name: `widget ${widget.name}`, tools: [], widgets: [widget], continued: false }));
  const worded = chunks(text?.tools ?? [], TOOLS).map((some, index): Block => ({ name: `text ${index} ${some[0]!.name}`, tools: some, widgets: [], continued: index > 0 }));
  return [...bound, ...worded, ...alone];
}

/** A group as one block, or as several where it is too large to be seen at once. */
function cut(tools: ToolEntry[], widgets: WidgetEntry[]): Block[] {
  if (tools.length <= TOOLS && widgets.length <= WIDGETS) return [{ name: tools[0]!.name, tools, widgets, continued: false }];
  const byMain = new Map<string, ToolEntry[]>();
  for (const tool of tools) byMain.set(tool.widgets[0]!, [...(byMain.get(tool.widgets[0]!) ?? []), tool]);
  const shown = new Set(byMain.keys());
  return [...byMain].flatMap(([main, some]) => {
    const own = widgets.filter(({ name }) => name === main || (!shown.has(name) && some.some((tool) => tool.widgets.includes(name))));
    for (const { name } of own) shown.add(name);
    return chunks(some, TOOLS).flatMap((part, index) =>
      index === 0
        ? chunks(own, WIDGETS).map((few, n): Block => ({ name: `${part[0]!.name} ${n}`, tools: n === 0 ? part : [], widgets: few, continued: n > 0 }))
        : [{ name: part[0]!.name, tools: part, widgets: own.slice(0, 1), continued: true }],
    );
  });
}

function chunks<T>(items: readonly T[], most: number): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < items.length; at += most) parts.push(items.slice(at, at + most));
  return parts;
}

/** The least height of a tool; a card of a widget; the name of one that was shown before; the space between. */
export const TOOL = 66;
export const CARD = 184;
export const LITTLE = 40;
export const GAP = 12;
/** A line of a tool's description, and most of them. */
export const LINE = 18;
const LINES = 6;

const rightOf = (block: Block): number => {
  const card = block.continued && block.tools.length > 0 ? LITTLE : CARD;
  return block.widgets.length * card + Math.max(0, block.widgets.length - 1) * GAP;
};

/** How high each tool is: where the widgets leave room, descriptions have more lines. */
export function toolHeight(block: Block): number {
  const room = Math.floor(rightOf(block) / Math.max(1, block.tools.length));
  return Math.max(TOOL, Math.min(room, TOOL + (LINES - 1) * LINE));
}

/** How high a block is drawn; exact, so that nothing has to be measured. */
export function heightOf(block: Block): number {
  return Math.max(block.tools.length * toolHeight(block), rightOf(block), TOOL) + 2 * GAP + 2;
}
