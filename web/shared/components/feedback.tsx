// Owns what a control says while it works and when it failed.

import type { JSX } from "preact";

export function Spinner(): JSX.Element {
  return <span class="tf-spinner" role="status" aria-label="Working" />;
}

/** A sentence beside the control it is about. */
export function Problem({ said, id }: { said: string | undefined; id?: string }): JSX.Element | null {
  return said === undefined ? null : (
    <span class="tf-problem" role="alert" id={id}>
      {said}
    </span>
  );
}
