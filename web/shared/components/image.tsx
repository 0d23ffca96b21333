// Owns pictures: only addresses that may be fetched; what cannot be shown is a quiet box with its words.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Node } from "../contract";
import { text, useTheme } from "../drawing";
import { box, choice, dimensions } from "../tokens";
import { imageUrl } from "../url";

const positions = ["top left", "top", "top right", "left", "center", "right", "bottom left", "bottom", "bottom right"] as const;

export function Image({ node }: { node: Node }): JSX.Element {
  const theme = useTheme();
  const url = imageUrl(node.src);
  const [failed, setFailed] = useState<string>();
  const { margin, radius, background } = node;
  const style = {
    ...box({ margin, radius, background }, theme),
    ...dimensions(node),
    objectFit: choice(node.fit, ["cover", "contain", "fill", "scale-down", "none"]),
    objectPosition: choice(node.position, positions),
  };
  const width = node.width ?? node.size;
  const large = typeof width === "number" && width >= 120;
  const looks = { class: "tf-image", "data-large": large, "data-frame": node.frame === true, "data-flush": node.flush === true, style };
  if (url === undefined || failed === url) {
    const alt = text(node.alt);
    return (
      <span {...looks} data-lost="true" role={alt ? "img" : undefined} aria-label={alt || undefined} title={alt || undefined}>
        <span>{alt}</span>
      </span>
    );
  }
  return <img {...looks} src={url} alt={text(node.alt)} decoding="async" draggable={false} onError={() => setFailed(url)} />;
}
