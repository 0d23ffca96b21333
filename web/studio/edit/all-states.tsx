// All states of a widget beside each other, each drawn as a picture of what the template makes of it.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client";
import { Drawn } from "../parts/drawn";
import { Badge } from "../parts/button";
import type { Draft } from "../pages/widget";
import type { Rendered } from "./render";

interface AllStatesProps {
  draft: Draft;
  theme: "light" | "dark";
  onState(name: string): void;
}

export function AllStates({ draft, theme, onState }: AllStatesProps): JSX.Element {
  const [made, setMade] = useState<Record<string, Rendered>>({});
  useEffect(() => {
    const stop = new AbortController();
    for (const { name, text } of draft.states) {
      const asked = api.quiet<Rendered>("render", { template: draft.template, schemaText: draft.schema, dataText: text }, stop.signal);
      asked.then((one) => setMade((before) => ({ ...before, [name]: one })), () => undefined);
    }
    return () => stop.abort();
  }, [draft]);
  return (
    <div class="all-states">
      {draft.states.map(({ name }) => {
        const one = made[name];
        return (
          <figure key={name} class="panel">
            <figcaption class="row">
              <button type="button" class="button" data-look="plain" data-size="s" onClick={() => onState(name)}>{name}</button>
              {one && one.faults.length > 0 && <Badge tone="bad">{one.faults.length === 1 ? "1 fault" : `${one.faults.length} faults`}</Badge>}
            </figcaption>
            {one?.tree ? <Drawn tree={one.tree} theme={theme} inert /> : one && <p class="pad quiet">{one.faults[0]?.message ?? "Nothing is drawn."}</p>}
          </figure>
        );
      })}
    </div>
  );
}
