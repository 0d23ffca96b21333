// What the whole page knows of the project, kept fresh by the stream of events.

import { computed, signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { type ApiError, api } from "./client";
import { listen, onEvent } from "./events";
import type { Fault, Faults, Project, Thumbnail, ToolEntry, WidgetEntry } from "./types";

export const project = signal<Project | undefined>(undefined);
export const problem = signal<ApiError | undefined>(undefined);
export const faults = signal<Faults>({ faults: [], checking: true });
/** Counts the states of the project: whatever is shown of its files is asked for again when it changes. */
export const version = signal(0);

export const toolsByName = computed(() => new Map<string, ToolEntry>(project.value?.tools.map((tool) => [tool.name, tool])));
export const widgetsByName = computed(() => new Map<string, WidgetEntry>(project.value?.widgets.map((widget) => [widget.name, widget])));
export const faultsOf = computed(() => {
  const tools = new Map<string, Fault[]>();
  const widgets = new Map<string, Fault[]>();
  const add = (map: Map<string, Fault[]>, name: string | undefined, fault: Fault) => {
    if (name !== undefined) map.set(name, [...(map.get(name) ?? []), fault]);
  };
  for (const fault of faults.value.faults) {
    add(tools, fault.tool, fault);
    add(widgets, fault.widget, fault);
  }
  return { tools, widgets };
});
export const errors = computed(() => faults.value.faults.filter((fault) => fault.severity === "error").length);

export async function loadProject(): Promise<void> {
  try {
    project.value = await api.get<Project>("project");
    problem.value = undefined;
    version.value++;
  } catch (error) {
    problem.value = error as ApiError;
  }
}

export async function loadFaults(): Promise<void> {
  try {
    const now = await api.get<Faults>("faults");
    // While the check runs, what it found before stays on show.
    faults.value = now.checking && now.faults.length === 0 ? { faults: faults.value.faults, checking: true } : now;
    if (now.checking) setTimeout(() => void loadFaults(), 1_000);
  } catch {
    faults.value = { ...faults.value, checking: false };
  }
}

const load = () => Promise.all([loadProject(), loadFaults()]);

/** Begins to keep it fresh. */
export function start(): void {
  onEvent((event) => {
    if (event.kind === "state" && project.value && event.state.tries !== project.value.state.tries) {
      thumbnails.forget();
      void load();
    }
    if (event.kind === "faults") void loadFaults();
  });
  void load();
  void listen(() => {
    thumbnails.forget();
    void load();
  });
}

/** Samples drawn: asked for in batches, when they come into sight. */
class Thumbnails {
  #known = new Map<string, Thumbnail>();
  #wanted = new Map<string, ((thumbnail: Thumbnail | undefined) => void)[]>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  known(name: string): Thumbnail | undefined {
    return this.#known.get(name);
  }

  forget(): void {
    this.#turn++;
    this.#known.clear();
  }

  get(name: string): Promise<Thumbnail | undefined> {
    const known = this.#known.get(name);
    if (known) return Promise.resolve(known);
    return new Promise((resolve) => {
      this.#wanted.set(name, [...(this.#wanted.get(name) ?? []), resolve]);
      this.#timer ??= setTimeout(() => void this.#ask(), 12);
    });
  }

  async #ask(): Promise<void> {
    this.#timer = undefined;
    const turn = this.#turn;
    const batch = [...this.#wanted].slice(0, 50);
    for (const [name] of batch) this.#wanted.delete(name);
    if (this.#wanted.size > 0) this.#timer = setTimeout(() => void this.#ask(), 0);
    const answer = await api.post<Record<string, Thumbnail>>("thumbnails", { names: batch.map(([name]) => name) }).catch(() => ({}) as Record<string, Thumbnail>);
    for (const [name, waiting] of batch) {
      const found = answer[name];
      if (found && turn === this.#turn) this.#known.set(name, found);
      for (const resolve of waiting) resolve(found);
    }
  }
}

export const thumbnails = new Thumbnails();

export interface Loaded<T> {
  value: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
  again(): void;
}

/** Loads something when `deps` change; what was loaded before stays until the next is there, unless `key` changed. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, key: string, deps: unknown[] = []): Loaded<T> {
  const [state, setState] = useState<{ key: string; value?: T; error?: ApiError; loading: boolean }>({ key, loading: true });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    const stop = new AbortController();
    setState((before) => ({ key, value: before.key === key ? before.value : undefined, loading: true }));
    latest.current(stop.signal).then(
      (value) => stop.signal.aborted || setState({ key, value, loading: false }),
      (error) => stop.signal.aborted || setState((before) => ({ key, value: before.value, error, loading: false })),
    );
    return () => stop.abort();
  }, [key, turn, ...deps]);
  const current = state.key === key ? state : { value: undefined, error: undefined, loading: true };
  return { value: current.value, error: current.error, loading: current.loading, again: () => setTurn((n) => n + 1) };
}
