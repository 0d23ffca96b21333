// Owns which addresses a widget may point at: pictures and links, everything else is refused.

/** The address of a picture if it may be fetched: http, https or an inline image. */
export function imageUrl(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^data:image\/[a-z0-9.+-]+[;,]/i.test(text)) return text;
  return absolute(text, ["http:", "https:"]);
}

/** The address of a link if it may be opened: http, https or mailto. */
export function linkUrl(value: unknown): string | undefined {
  return typeof value === "string" ? absolute(value.trim(), ["http:", "https:", "mailto:"]) : undefined;
}

function absolute(text: string, schemes: string[]): string | undefined {
  try {
    const url = new URL(text);
    return schemes.includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}
