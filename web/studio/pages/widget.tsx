// (not yet)

import type { JSX } from "preact";
import { Head } from "../app/shell";

export function WidgetPage({ name }: { name: string }): JSX.Element {
  return <Head title="WidgetPage" />;
}
