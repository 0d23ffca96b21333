import type { JSX } from "preact";
import { Head } from "../../app/shell";
export function Tool({ name }: { name: string }): JSX.Element { return <Head title={name} />; }
