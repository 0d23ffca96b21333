import { expect, test } from "vitest";
import { axisLabels } from "../shared/chart/labels";
import { drawable, plan, seriesOf } from "../shared/chart/plan";

const frame = { width: 300, height: 200, left: 40, bottom: 24, barGap: undefined, barCategoryGap: undefined };
const rows = [{ x: "a", y: 1, z: 3 }, { x: "b", y: -2, z: 4 }, { x: "c", z: "5" }, { x: "d", y: 2, z: 1 }];
const curves = [
  "basis", "basisClosed", "basisOpen", "bumpX", "bumpY", "bump", "linear", "linearClosed", "natural", "monotoneX", "monotoneY",
  "monotone", "step", "stepBefore", "stepAfter", "unheard-of", undefined,
];

test.each(curves)("a line and an area of curve %s are drawn in numbers", (curveType) => {
  const { drawn } = plan(rows, seriesOf([{ type: "line", dataKey: "z", curveType }, { type: "area", dataKey: "z", curveType }]), frame);
  expect(drawn[0]?.line).toMatch(/^M/);
  expect(drawn[1]?.area).toMatch(/^M/);
  expect(JSON.stringify(drawn)).not.toContain("NaN");
});

test("bars of one stack stand on each other, others beside them", () => {
  const series = seriesOf([
    { type: "bar", dataKey: "y", stack: "s" }, { type: "bar", dataKey: "z", stack: "s" }, { type: "bar", dataKey: "z" },
  ]);
  const { drawn, y } = plan([{ y: 1, z: 3 }], series, frame);
  const [low, high, beside] = drawn.map((one) => one.bars?.[0]);
  expect(low?.y).toBeCloseTo(y(1));
  expect(high?.y).toBeCloseTo(y(4));
  expect((high?.y ?? 0) + (high?.height ?? 0)).toBeCloseTo(low?.y ?? 1);
  expect(low?.x).toBe(high?.x);
  expect(beside?.x).toBeGreaterThan((low?.x ?? 0) + (low?.width ?? 0));
});

test("negative values hang down, missing ones leave a gap, text that is a number counts", () => {
  const { drawn, y } = plan(rows, seriesOf([{ type: "bar", dataKey: "y" }, { type: "bar", dataKey: "z" }]), frame);
  expect(drawn[0]?.bars?.[1]?.y).toBeCloseTo(y(0));
  expect(drawn[0]?.bars?.[2]).toBeUndefined();
  expect(drawn[1]?.spans[2]?.value).toBe(5);
});

test("prices are shown close up, bars from nought", () => {
  const prices = [{ p: 44 }, { p: 48 }];
  expect(plan(prices, seriesOf([{ type: "line", dataKey: "p" }]), frame).ticks[0]).toBeGreaterThan(40);
  expect(plan(prices, seriesOf([{ type: "bar", dataKey: "p" }]), frame).ticks[0]).toBe(0);
});

test("nothing, one row, equal values and no room are no trouble", () => {
  for (const data of [[], [{ z: 1 }], [{ z: 0 }, { z: 0 }], [{ z: 7 }, { z: 7 }], [{}, {}]]) {
    for (const type of ["bar", "line", "area"]) {
      const drawn = plan(data, seriesOf([{ type, dataKey: "z" }, { type: "pie", dataKey: "z" }]), { ...frame, width: 0 });
      expect(JSON.stringify(drawn)).not.toContain("NaN");
      expect(drawn.drawn).toHaveLength(1);
    }
  }
});

const days = Array.from({ length: 300 }, (_, day) => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10));

test.each([[days, 240], [days, 700], [days.slice(0, 40), 240], [["a day with a very long name indeed, longer than the axis", "b"], 200], [["Mon", "Tue"], 0]])(
  "labels of an axis do not touch: %#",
  (names, width) => {
    const xs = names.map((_, row) => (row * width) / (names.length - 1));
    const labels = axisLabels(names, xs, 0, width);
    expect(labels.length).toBeGreaterThan(0);
    let end = -Infinity;
    for (const { words, x, anchor } of labels) {
      // As wide as the letters of the narrowest usual font at 12 px.
      const wide = words.length * 6;
      const from = { start: x, middle: x - wide / 2, end: x - wide }[anchor];
      expect(from).toBeGreaterThan(end);
      end = from + wide;
    }
  },
);

test("there is room for all labels where there is", () => {
  expect(axisLabels(["Mon", "Tue", "Wed"], [0, 100, 200], 0, 200).map(({ words }) => words)).toEqual(["Mon", "Tue", "Wed"]);
});

/** Every number anywhere in a value. */
function numbers(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbers) : [];
}

test.each([[1e308, -1e308], [1e308, 1e308], [5e-324, -5e-324], [1e-300, 0], [Number.MAX_VALUE, 1]])("%d and %d are drawn in finite numbers", (one, other) => {
  const data = [{ y: one }, { y: other }, { y: 5 }, { y: "Infinity" }, { y: Number.NaN }];
  const all = ["bar", "line", "area"].flatMap((type) => [{ type, dataKey: "y" }, { type, dataKey: "y", stack: "s" }, { type, dataKey: "y", stack: "s" }]);
  const { y, ticks, drawn, xs } = plan(data, seriesOf(all), frame);
  const shapes = drawn.map(({ bars, spans, alone }) => [bars, spans, alone]);
  for (const number of [...numbers(shapes), ...xs, ...ticks, ...ticks.map((tick) => y(tick))]) expect(number).toSatisfy(Number.isFinite);
  for (const { line, area } of drawn) expect(`${line} ${area}`).not.toMatch(/NaN|Infinity/);
  expect(ticks.length).toBeGreaterThan(0);
});

test("a point without neighbours is known, as no line leads to it", () => {
  const data = [{ z: 3 }, {}, { z: 5 }, {}, { z: 4 }, { z: 6 }, { z: "none" }];
  const [line, area, bar] = plan(data, seriesOf([{ type: "line", dataKey: "z" }, { type: "area", dataKey: "z" }, { type: "bar", dataKey: "z" }]), frame).drawn;
  expect([line?.alone, area?.alone, bar?.alone]).toEqual([[0, 2], [0, 2], []]);
});

test("without a number or a series there is nothing to draw", () => {
  const series = seriesOf([{ type: "line", dataKey: "z" }]);
  expect([drawable([], series), drawable([{ z: 1 }], []), drawable([{ z: "much" }], series), drawable([{ z: 0 }], series)]).toEqual([false, false, false, true]);
});
