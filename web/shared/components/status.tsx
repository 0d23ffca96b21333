// Owns the line above a card or list that says what it is.

import type { JSX } from "preact";
import { text } from "../drawing";
import { isObject } from "../tokens";
import { imageUrl } from "../url";
import { Glyph } from "./badge";
import { Words } from "./button";

export function Status({ status }: { status: unknown }): JSX.Element | null {
  if (!isObject(status)) return null;
  const favicon = imageUrl(status.favicon);
  return (
    <header class="tf-status">
      {favicon !== undefined && <img src={favicon} alt="" data-frame={status.frame === true} />}
      {favicon === undefined && status.icon !== undefined && <Glyph name={status.icon} size="16px" />}
      <Words>{text(status.text)}</Words>
    </header>
  );
}
