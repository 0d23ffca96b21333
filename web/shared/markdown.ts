// Owns Markdown: source to HTML that carries no foreign markup and no address a widget may not point at.

import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { imageUrl, linkUrl } from "./url";

const options = { extensions: [gfm()], htmlExtensions: [gfmHtml()] };

/** Raw HTML in the source is shown as text; links that may not be opened lose their address; pictures too. */
export function markdownHtml(source: string): string {
  const template = document.createElement("template");
  template.innerHTML = micromark(source, options);
  const content = template.content;
  for (const link of content.querySelectorAll("a")) {
    const url = linkUrl(link.getAttribute("href"));
    for (const { name } of [...link.attributes]) link.removeAttribute(name);
    if (url === undefined) link.replaceWith(...link.childNodes);
    else {
      link.setAttribute("href", url);
      link.setAttribute("rel", "noopener noreferrer");
    }
  }
  for (const image of content.querySelectorAll("img")) {
    const url = imageUrl(image.getAttribute("src"));
    if (url === undefined) image.replaceWith(image.alt);
    else image.setAttribute("loading", "lazy");
  }
  for (const box of content.querySelectorAll("input")) {
    box.setAttribute("aria-label", box.closest("li")?.textContent?.trim() || "Task");
  }
  return template.innerHTML;
}
