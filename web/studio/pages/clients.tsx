import type { JSX } from "preact";
import { Head } from "../app/shell";
export function Clients(): JSX.Element { return <Head title="Clients" />; }
