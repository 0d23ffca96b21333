// (not yet)

import type { JSX } from "preact";
import { Head } from "../app/shell";

export function Traffic({ id }: { id: string | undefined }): JSX.Element {
  return <Head title="Traffic" />;
}
