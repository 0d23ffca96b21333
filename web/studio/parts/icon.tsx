// The studio's icons, of Lucide.

import {
  Activity, Bot, Braces, Check, ChevronRight, CircleAlert, CircleCheck, CircleX, Clock, Copy, Download, ExternalLink, File, Focus,
  GitCompareArrows, Keyboard, LayoutGrid, ListTree, Monitor, Moon, MessageSquare, Pencil, Play, Plus, RefreshCw, Save, Search, Shapes, Sparkles, Sun, SunMoon,
  Terminal, Trash2, TriangleAlert, Undo2, Upload, Wrench, X, LoaderCircle, Pause, Filter,
} from "lucide";
import { h, type JSX } from "preact";

const icons = {
  activity: Activity, bot: Bot, braces: Braces, check: Check, right: ChevronRight, alert: CircleAlert, good: CircleCheck, bad: CircleX,
  clock: Clock, copy: Copy, download: Download, out: ExternalLink, file: File, focus: Focus, compare: GitCompareArrows, keyboard: Keyboard,
  grid: LayoutGrid, tree: ListTree, monitor: Monitor, moon: Moon, message: MessageSquare, pencil: Pencil, play: Play, plus: Plus, refresh: RefreshCw,
  save: Save, search: Search, shapes: Shapes, sparkles: Sparkles, sun: Sun, system: SunMoon, terminal: Terminal, trash: Trash2,
  warn: TriangleAlert, undo: Undo2, upload: Upload, wrench: Wrench, close: X, wait: LoaderCircle, pause: Pause, filter: Filter,
};

export type IconName = keyof typeof icons;

export function Icon({ name, spin }: { name: IconName; spin?: boolean }): JSX.Element {
  return (
    <svg
      class={spin ? "icon spin" : "icon"} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"
    >
      {(icons[name] as unknown as [string, Record<string, string>][]).map(([tag, attributes], index) => h(tag, { key: index, ...attributes }))}
    </svg>
  );
}
