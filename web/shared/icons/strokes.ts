// Owns the outlines of Lucide's icons by the names widgets use: shapes on a 24 × 24 grid, to be stroked.

import type { IconNode } from "lucide";
import * as lucide from "./lucide";

/** `cloud-sun` and the like. */
export const strokes: Record<string, IconNode> = Object.fromEntries(
  Object.entries(lucide).map(([name, shapes]) => [name.replace(/(?<=.)([A-Z]|\d+)/g, "-$1").toLowerCase(), shapes]),
);
