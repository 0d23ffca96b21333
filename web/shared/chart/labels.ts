// Owns which names of the rows stand under a chart: as many as there is room for, none over another.

export interface AxisLabel {
  row: number;
  words: string;
  x: number;
  anchor: "start" | "middle" | "end";
}

/** Room between two labels. */
const gap = 12;

/** Every row's name, or every second, third…: the most that do not touch. The middles of the rows are `xs`. */
export function axisLabels(names: string[], xs: number[], left: number, right: number): AxisLabel[] {
  const placed = names.map((name, row) => place(name, row, xs[row] ?? 0, left, right));
  const widest = Math.max(1, ...placed.map(({ to, from }) => to - from));
  const pace = names.length > 1 ? Math.abs((xs.at(-1) ?? 0) - (xs[0] ?? 0)) / (names.length - 1) : widest;
  let every = Math.max(1, Math.floor(widest / 2 / Math.max(pace, 0.01)));
  for (; every < names.length; every += 1) {
    const kept = placed.filter(({ label }) => label.row % every === 0);
    if (kept.every((one, index) => index === 0 || one.from >= (kept[index - 1]?.to ?? 0) + gap)) break;
  }
  return placed.filter(({ label }) => label.row % every === 0 && label.words !== "").map(({ label }) => label);
}

function place(name: string, row: number, x: number, left: number, right: number) {
  const words = fitting(name, right - left);
  const half = estimate(words) / 2;
  if (x - half < left) return { from: x, to: x + 2 * half, label: { row, words, x, anchor: "start" as const } };
  if (x + half > right) return { from: x - 2 * half, to: x, label: { row, words, x, anchor: "end" as const } };
  return { from: x - half, to: x + half, label: { row, words, x, anchor: "middle" as const } };
}

/** The words, or their beginning if they are longer than the whole axis. */
function fitting(words: string, room: number): string {
  if (estimate(words) <= room) return words;
  const letters = [...words];
  while (letters.length > 1 && estimate(letters.join("")) > room - 12) letters.pop();
  return `${letters.join("")}…`;
}

/** The width in px, for letters of 12 px: measuring would have to wait for the page. */
function estimate(words: string): number {
  return [...words].reduce((width, letter) => width + (letter > "\u2e80" ? 12 : /[A-ZMW@%m]/.test(letter) ? 9 : 6.8), 0);
}
