import type { JSX } from "preact";
import { Head } from "../app/shell";
export function Overview(): JSX.Element { return <Head title="Overview" />; }
