import { expect, test } from "vitest";
import { plan, seriesOf } from "../shared/chart/plan";

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
