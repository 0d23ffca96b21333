// Owns what all form fields have in common: what the field objects to, said beside it until the reader changes it.

import type { ComponentChildren, JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { Problem } from "./feedback";

export interface Objection {
  "aria-invalid": true | undefined;
  "aria-describedby": string | undefined;
}

interface Props {
  /** What an action of the field ended with. */
  error?: string;
  block?: boolean;
  children: (objection: Objection) => ComponentChildren;
}

export function Field({ error, block = true, children }: Props): JSX.Element {
  const [objection, setObjection] = useState<string>();
  const id = useId();
  const said = objection ?? error;
  const aria: Objection = {
    "aria-invalid": objection === undefined ? undefined : true,
    "aria-describedby": said === undefined ? undefined : id,
  };
  return (
    <div
      class="tf-field"
      data-block={block}
      onInvalidCapture={(event) => {
        event.preventDefault();
        setObjection((event.target as HTMLInputElement).validationMessage);
      }}
      onInput={() => setObjection(undefined)}
      onChange={() => setObjection(undefined)}
    >
      {children(aria)}
      <Problem said={said} id={id} />
    </div>
  );
}
