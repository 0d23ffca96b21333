// Owns the geometry of a chart: from rows and series to scales, bars, lines and areas in pixels.

import { max, min } from "d3-array";
import { scaleBand, scaleLinear } from "d3-scale";
import * as shape from "d3-shape";
import { text } from "../drawing";
import { isObject } from "../tokens";

export interface Series {
  type: "bar" | "line" | "area";
  label: string;
  dataKey: string;
  stack: string | undefined;
  color: unknown;
  curve: shape.CurveFactory;
}

type Row = Record<string, unknown>;

/** A series' value at a row, from its foot to its top; stacked ones stand on each other. */
export interface Span {
  low: number;
  high: number;
  value: number;
}

export interface Bar {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Plan {
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** The middle of each row. */
  xs: number[];
  /** Row number under a place. */
  rowAt(x: number): number;
  y(value: number): number;
  ticks: number[];
  drawn: Drawn[];
}

/** A series as it is drawn. `alone` are the rows of a line that have no neighbours to be joined with. */
export interface Drawn {
  series: Series;
  spans: (Span | undefined)[];
  alone: number[];
  bars?: (Bar | undefined)[];
  line?: string;
  area?: string;
}

const curves: Record<string, shape.CurveFactory> = {
  basis: shape.curveBasis, basisClosed: shape.curveBasisClosed, basisOpen: shape.curveBasisOpen,
  bump: shape.curveBumpX, bumpX: shape.curveBumpX, bumpY: shape.curveBumpY,
  linear: shape.curveLinear, linearClosed: shape.curveLinearClosed, natural: shape.curveNatural,
  monotone: shape.curveMonotoneX, monotoneX: shape.curveMonotoneX, monotoneY: shape.curveMonotoneY,
  step: shape.curveStep, stepBefore: shape.curveStepBefore, stepAfter: shape.curveStepAfter,
};

/** The series prop as far as it can be drawn. */
export function seriesOf(value: unknown): Series[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isObject).flatMap((one) => {
    const type = one.type === "bar" || one.type === "line" || one.type === "area" ? one.type : undefined;
    if (!type || typeof one.dataKey !== "string") return [];
    return {
      type,
      label: text(one.label) || one.dataKey,
      dataKey: one.dataKey,
      stack: type === "line" || typeof one.stack !== "string" ? undefined : one.stack,
      color: one.color,
      curve: curves[text(one.curveType)] ?? shape.curveLinear,
    };
  });
}

/** A row's number, if it has one. */
export function numberAt(row: Row | undefined, key: string): number | undefined {
  const value = row?.[key];
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** Numbers beyond these cannot be told apart in a picture: the difference of two of them would be endless or none. */
const most = 1e300;
const least = 1e-290;

/** A row's number as a height. */
function heightAt(row: Row, key: string): number | undefined {
  const value = numberAt(row, key);
  if (value === undefined) return undefined;
  if (Math.abs(value) < least) return 0;
  return Math.max(-most, Math.min(most, value));
}

/** Whether there is anything to draw. */
export function drawable(rows: Row[], series: Series[]): boolean {
  return series.some((one) => rows.some((row) => numberAt(row, one.dataKey) !== undefined));
}

interface Frame {
  width: number;
  height: number;
  /** Room for the labels of the axes. */
  left: number;
  bottom: number;
  barGap: number | undefined;
  barCategoryGap: number | undefined;
}

export function plan(rows: Row[], series: Series[], frame: Frame): Plan {
  const spans = stacked(rows, series);
  const barred = series.some((one) => one.type === "bar");
  const box = { left: frame.left, top: 8, right: frame.width - (barred ? 2 : 6), bottom: frame.height - frame.bottom };

  const [low, high] = domain(series, spans);
  const y = scaleLinear([low, high], [box.bottom, box.top]).nice(4);

  const band = scaleBand<number>(rows.map((_, index) => index), [box.left, box.right]);
  const step = (box.right - box.left) / Math.max(1, rows.length - 1);
  const xs = rows.map((_, index) => {
    if (barred) return (band(index) ?? 0) + band.bandwidth() / 2;
    return rows.length > 1 ? box.left + index * step : (box.left + box.right) / 2;
  });

  const barsOf = barPlaces(series, band.bandwidth(), frame);
  const drawn = series.map((one, index) => {
    const own = spans[index] ?? [];
    if (one.type === "bar") {
      const place = barsOf(one);
      const bars = own.map((span, row) => {
        if (!span) return undefined;
        const [top, foot] = [y(Math.max(span.low, span.high)), y(Math.min(span.low, span.high))];
        return { x: (xs[row] ?? 0) + place.offset, y: top, width: place.width, height: Math.max(0, foot - top) };
      });
      return { series: one, spans: own, alone: [], bars };
    }
    const alone = own.flatMap((span, row) => (span && !own[row - 1] && !own[row + 1] ? [row] : []));
    const points = own.map((span, row) => ({ span, x: xs[row] ?? 0 }));
    const line = shape.line<(typeof points)[number]>(({ x }) => x, ({ span }) => y(span?.high ?? 0))
      .defined(({ span }) => span !== undefined).curve(one.curve);
    if (one.type === "line") return { series: one, spans: own, alone, line: line(points) ?? "" };
    const foot = (span: Span | undefined) => y(Math.max(span?.low ?? 0, y.domain()[0] ?? 0));
    const area = shape.area<(typeof points)[number]>(({ x }) => x, ({ span }) => foot(span), ({ span }) => y(span?.high ?? 0))
      .defined(({ span }) => span !== undefined).curve(one.curve);
    return { series: one, spans: own, alone, line: line(points) ?? "", area: area(points) ?? "" };
  });

  const rowAt = (x: number) => {
    const place = barred ? (x - box.left) / Math.max(1, band.step()) - 0.5 : (x - box.left) / step;
    return Math.max(0, Math.min(rows.length - 1, Math.round(place)));
  };
  return { ...box, xs, rowAt, y, ticks: y.ticks(4), drawn };
}

/** Positive values of a stack grow up from nought, negative ones down. */
function stacked(rows: Row[], series: Series[]): (Span | undefined)[][] {
  const tops = new Map<string, number>();
  return series.map((one) =>
    rows.map((row, index) => {
      const value = heightAt(row, one.dataKey);
      if (value === undefined) return undefined;
      if (one.stack === undefined) return { low: 0, high: value, value };
      const key = `${index} ${value < 0} ${one.type} ${one.stack}`;
      const low = tops.get(key) ?? 0;
      tops.set(key, low + value);
      return { low, high: low + value, value };
    }),
  );
}

/** Bars and stacks stand on nought; lines and areas that move little far from it are shown close up. */
function domain(series: Series[], spans: (Span | undefined)[][]): [number, number] {
  const all = spans.flat().filter((span) => span !== undefined);
  const low = min(all, (span) => Math.min(span.high, span.low || span.high)) ?? 0;
  const high = max(all, (span) => Math.max(span.high, span.low)) ?? 1;
  const close = series.every((one) => one.type !== "bar" && one.stack === undefined) && low > 0 && high - low < low;
  if (close && high > low) return [low - (high - low) * 0.15, high];
  const [from, to] = [Math.min(0, low), Math.max(0, high)];
  return from === to ? [0, 1] : [from, to];
}

/** Bars stand beside each other, those of one stack in the same place. */
function barPlaces(series: Series[], bandwidth: number, frame: Frame) {
  const lanes = [...new Set(series.filter((one) => one.type === "bar").map(lane))];
  const around = Math.min(frame.barCategoryGap ?? bandwidth * 0.2, bandwidth * 0.9);
  const gap = lanes.length > 1 ? Math.min(frame.barGap ?? 4, bandwidth / lanes.length / 2) : 0;
  const width = Math.min(64, Math.max(1, (bandwidth - around - gap * (lanes.length - 1)) / Math.max(1, lanes.length)));
  const total = width * lanes.length + gap * (lanes.length - 1);
  return (one: Series) => ({ width, offset: lanes.indexOf(lane(one)) * (width + gap) - total / 2 });
}

function lane(series: Series): string {
  return series.stack === undefined ? `own ${series.dataKey}` : `stack ${series.stack}`;
}
