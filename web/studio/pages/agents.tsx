// (not yet)

import type { JSX } from "preact";
import { Head } from "../app/shell";

export function Agents({ tab }: { tab: string | undefined }): JSX.Element {
  return <Head title="Agents" />;
}
