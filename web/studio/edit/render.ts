// The live preview: what a template makes of data, asked of the server after each key.

import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api/client";
import type { Json, Node } from "../api/types";

export interface RenderFault {
  in: "template" | "schema" | "data";
  message: string;
  help?: string;
  line?: number;
  column?: number;
  endLine?: number;
  endColumn?: number;
  path?: string;
}

export interface Rendered {
  ok: boolean;
  tree: Node | null;
  markdown: string | null;
  data: Json;
  milliseconds: { template: number; tree: number; data: number };
  degraded: string[];
  faults: RenderFault[];
}

/** Shortest pause between two questions. */
const PAUSE = 8;

/** What is drawn is the last that worked; `faults` are of the newest text. */
export function useRender(template: string, schemaText: string, dataText: string): { drawn: Rendered | undefined; newest: Rendered | undefined; late: number } {
  const [newest, setNewest] = useState<Rendered | undefined>();
  const [drawn, setDrawn] = useState<Rendered | undefined>();
  const [late, setLate] = useState(0);
  const stop = useRef<AbortController | undefined>(undefined);
  useEffect(() => {
    const timer = setTimeout(() => {
      stop.current?.abort();
      const own = (stop.current = new AbortController());
      const began = performance.now();
      api.quiet<Rendered>("render", { template, schemaText, dataText }, own.signal).then(
        (made) => {
          if (own.signal.aborted) return;
          setNewest(made);
          if (made.tree) setDrawn(made);
          setLate(performance.now() - began);
        },
        () => undefined,
      );
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [template, schemaText, dataText]);
  return { drawn, newest, late };
}
