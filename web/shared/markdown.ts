// Owns Markdown: source to HTML that carries no foreign markup and no address a widget may not point at.

import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { written } from "./drawing";
import { imageUrl, linkUrl } from "./url";

// Addresses are judged below, by the same rules as everywhere.
const options = { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousProtocol: true };

/** Raw HTML in the source is shown as text; links that may not be opened lose their address; pictures are quiet boxes with their words. */
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
    if (url === undefined) lose(image);
    else {
      image.setAttribute("src", url);
      image.setAttribute("loading", "lazy");
    }
  }
  for (const box of content.querySelectorAll("input")) {
    box.setAttribute("aria-label", box.closest("li")?.textContent?.trim() || "Task");
  }
  for (const block of content.children) {
    if (block.localName !== "pre" && written(block.textContent ?? "").dir) block.setAttribute("dir", "auto");
  }
  return template.innerHTML;
}

/** Puts a quiet box with its words in the place of a picture that cannot be shown. */
export function lose(image: HTMLImageElement): void {
  const box = image.ownerDocument.createElement("span");
  box.className = "tf-image";
  box.dataset.lost = "true";
  if (image.alt) {
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", image.alt);
    box.title = image.alt;
  }
  const words = image.ownerDocument.createElement("span");
  words.textContent = image.alt;
  box.append(words);
  image.replaceWith(box);
}
