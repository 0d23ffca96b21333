// (not yet)

import type { JSX } from "preact";
import { Head } from "../app/shell";

export function New(): JSX.Element {
  return <Head title="New" />;
}
