// Owns charts: bars, lines and areas with axes, legend and tooltip; by pointer and by arrow keys; as a table for those
// who do not see it.

import type { JSX } from "preact";
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { axisLabels } from "../chart/labels";
import { drawable, numberAt, type Plan, plan, type Series, seriesOf } from "../chart/plan";
import type { Node } from "../contract";
import { readable, text, useDrawing, useTheme } from "../drawing";
import { color, type Css, dimensions, isObject } from "../tokens";

const palette = ["blue", "purple", "orange", "green", "red", "yellow", "pink"];

export function Chart({ node }: { node: Node }): JSX.Element {
  const rows = useMemo(() => (Array.isArray(node.data) ? node.data.filter(isObject) : []), [node.data]);
  const series = useMemo(() => seriesOf(node.series), [node.series]);
  return drawable(rows, series) ? <Picture node={node} rows={rows} series={series} /> : <Empty series={series} style={dimensions(node)} />;
}

function Picture({ node, rows, series }: { node: Node; rows: Record<string, unknown>[]; series: Series[] }): JSX.Element {
  const { host } = useDrawing();
  const theme = useTheme();
  const frame = useRef<HTMLDivElement>(null);
  const size = useSize(frame);
  const [at, setAt] = useState<number>();
  const axis = axisOf(node.xAxis);
  const names = rows.map((row) => axis.labels[text(row[axis.key])] ?? text(row[axis.key]));
  const numbers = useMemo(() => formats(host.locale), [host.locale]);
  const colors = series.map((one, index) => color(one.color, "chart", theme) ?? `var(--${palette[index % palette.length]}-400)`);

  const showY = node.showYAxis === true;
  const geometry = plan(rows, series, {
    ...size,
    left: showY ? 44 : 2,
    bottom: axis.hide ? 4 : 24,
    barGap: number(node.barGap),
    barCategoryGap: number(node.barCategoryGap),
  });
  const tooltip = node.showTooltip !== false && rows.length > 0;
  const row = at === undefined ? undefined : Math.min(at, rows.length - 1);

  function walk(event: KeyboardEvent): void {
    const from = row ?? -1;
    const to = { ArrowRight: from + 1, ArrowLeft: row === undefined ? rows.length - 1 : from - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (event.key === "Escape") setAt(undefined);
    else if (to !== undefined) setAt(Math.max(0, Math.min(rows.length - 1, to)));
    else return;
    event.preventDefault();
  }

  const title = titleOf(series);
  const said = row === undefined ? "" : `${names[row]}: ${series.map((one) => `${one.label} ${numbers.full(numberAt(rows[row], one.dataKey))}`).join(", ")}`;
  const style = dimensions(node);
  return (
    <figure class="tf-chart" style={{ ...style, height: undefined, minHeight: undefined, maxHeight: undefined, aspectRatio: undefined }}>
      <div
        ref={frame}
        class="tf-plot"
        style={{ height: style.height, minHeight: style.minHeight, maxHeight: style.maxHeight, aspectRatio: style.aspectRatio }}
        data-sized={style.height !== undefined || style.aspectRatio !== undefined}
        role="group"
        aria-roledescription="chart"
        aria-label={tooltip ? `${title}. Arrow keys walk through the values.` : title}
        tabIndex={tooltip ? 0 : undefined}
        onKeyDown={tooltip ? walk : undefined}
        onBlur={() => setAt(undefined)}
        onPointerMove={(event) => tooltip && setAt(geometry.rowAt(event.clientX - event.currentTarget.getBoundingClientRect().left))}
        onPointerLeave={() => setAt(undefined)}
      >
        <svg width={size.width} height={size.height} aria-hidden="true">
          <Axes geometry={geometry} names={names} showX={!axis.hide} showY={showY} format={numbers.short} />
          <Marks geometry={geometry} colors={colors} at={tooltip ? row : undefined} />
        </svg>
        {tooltip && row !== undefined && (
          <Tip name={names[row] ?? ""} x={geometry.xs[row] ?? 0} width={size.width}>
            {series.map((one, index) => (
              <li key={index}>
                <i style={{ background: colors[index] }} />
                <span>{one.label}</span>
                <b>{numbers.full(numberAt(rows[row], one.dataKey))}</b>
              </li>
            ))}
          </Tip>
        )}
        <span class="tf-unseen" aria-live="polite">
          {tooltip ? said : ""}
        </span>
      </div>
      {node.showLegend !== false && <Legend series={series} colors={colors} />}
      <Values title={title} axis={readable(axis.key)} names={names} rows={rows} series={series} format={numbers.full} />
    </figure>
  );
}

function titleOf(series: Series[]): string {
  return `Chart of ${series.map((one) => one.label).join(", ") || "nothing"}`;
}

/** What stands in the place of a chart without a single number. */
function Empty({ series, style }: { series: Series[]; style: Css }): JSX.Element {
  return (
    <figure class="tf-chart" style={{ width: style.width, minWidth: style.minWidth, maxWidth: style.maxWidth, flex: style.flex }}>
      <div class="tf-nothing tf-plot" data-sized="false" role="img" aria-label={`${titleOf(series)}: no data`}>
        No data
      </div>
    </figure>
  );
}

function Axes(props: { geometry: Plan; names: string[]; showX: boolean; showY: boolean; format(value: number): string }): JSX.Element {
  const { geometry, names, showX, showY, format } = props;
  return (
    <g class="tf-axes">
      {geometry.ticks.map((tick) => (
        <g key={tick}>
          <line x1={geometry.left} x2={geometry.right} y1={geometry.y(tick)} y2={geometry.y(tick)} />
          {showY && (
            <text x={geometry.left - 8} y={geometry.y(tick)} text-anchor="end" dominant-baseline="middle">
              {format(tick)}
            </text>
          )}
        </g>
      ))}
      {showX &&
        axisLabels(names, geometry.xs, geometry.left, geometry.right).map(({ row, words, x, anchor }) => (
          <text key={row} x={x} y={geometry.bottom + 18} text-anchor={anchor}>
            {words}
          </text>
        ))}
    </g>
  );
}

function Marks({ geometry, colors, at }: { geometry: Plan; colors: string[]; at: number | undefined }): JSX.Element {
  const id = useId();
  return (
    <g>
      {geometry.drawn.map(({ series, spans, alone, bars, line, area }, index) => (
        <g key={index} style={{ color: colors[index] }}>
          {bars?.map((bar, row) => bar && <path key={row} d={rounded(bar, series.stack === undefined)} fill="currentColor" opacity={at === undefined || at === row ? 1 : 0.45} />)}
          {area !== undefined && (
            <>
              <linearGradient id={`${id}-${index}`} x1="0" x2="0" y1="0" y2="1">
                <stop offset="0" stop-color="currentColor" stop-opacity="0.35" />
                <stop offset="1" stop-color="currentColor" stop-opacity="0.04" />
              </linearGradient>
              <path d={area} fill={`url(#${id}-${index})`} />
            </>
          )}
          {line !== undefined && <path d={line} fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" stroke-linecap="round" />}
          {alone.map((row) => (
            <circle key={row} cx={geometry.xs[row]} cy={geometry.y(spans[row]?.high ?? 0)} r="4" fill="currentColor" />
          ))}
        </g>
      ))}
      {at !== undefined && geometry.drawn.some((one) => one.line !== undefined) && (
        <g>
          <line class="tf-cursor" x1={geometry.xs[at]} x2={geometry.xs[at]} y1={geometry.top} y2={geometry.bottom} />
          {geometry.drawn.map(({ line, spans }, index) => {
            const span = spans[at];
            return line !== undefined && span && <circle key={index} class="tf-point" cx={geometry.xs[at]} cy={geometry.y(span.high)} r="4" style={{ fill: colors[index] }} />;
          })}
        </g>
      )}
    </g>
  );
}

/** A bar with round shoulders; a piece of a stack is plain. */
function rounded({ x, y, width, height }: { x: number; y: number; width: number; height: number }, round: boolean): string {
  const r = round ? Math.min(4, width / 2, height) : 0;
  return `M${x} ${y + height}V${y + r}q0 ${-r} ${r} ${-r}H${x + width - r}q${r} 0 ${r} ${r}V${y + height}Z`;
}

function Tip({ name, x, width, children }: { name: string; x: number; width: number; children: JSX.Element[] }): JSX.Element {
  const side = x > width / 2 ? { right: `${width - x + 10}px` } : { left: `${x + 10}px` };
  return (
    <div class="tf-tip" style={side} aria-hidden="true">
      <strong>{name}</strong>
      <ul>{children}</ul>
    </div>
  );
}

function Legend({ series, colors }: { series: Series[]; colors: string[] }): JSX.Element {
  return (
    <ul class="tf-legend" aria-hidden="true">
      {series.map((one, index) => (
        <li key={index}>
          <i style={{ background: colors[index] }} />
          {one.label}
        </li>
      ))}
    </ul>
  );
}

interface ValuesProps {
  title: string;
  axis: string;
  names: string[];
  rows: Record<string, unknown>[];
  series: Series[];
  format(value: number | undefined): string;
}

/** The chart in words. */
function Values({ title, axis, names, rows, series, format }: ValuesProps): JSX.Element {
  return (
    <div class="tf-unseen">
      <table>
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">{axis}</th>
            {series.map((one, index) => (
              <th key={index} scope="col">{one.label}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              <th scope="row">{names[index]}</th>
              {series.map((one, column) => (
                <td key={column}>{format(numberAt(row, one.dataKey))}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function axisOf(value: unknown): { key: string; hide: boolean; labels: Record<string, string> } {
  if (!isObject(value)) return { key: text(value), hide: false, labels: {} };
  const labels = isObject(value.labels) ? Object.entries(value.labels).map(([name, label]) => [name, text(label)]) : [];
  return { key: text(value.dataKey), hide: value.hide === true, labels: Object.fromEntries(labels) };
}

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function formats(locale: string) {
  const make = (options: Intl.NumberFormatOptions) => {
    try {
      return new Intl.NumberFormat(locale, options);
    } catch {
      return new Intl.NumberFormat(undefined, options);
    }
  };
  const full = make({ maximumFractionDigits: 3 });
  const short = make({ notation: "compact", maximumFractionDigits: 2 });
  const extreme = make({ notation: "scientific", maximumFractionDigits: 2 });
  const fitting = (value: number, usual: Intl.NumberFormat) => {
    const size = Math.abs(value);
    return (size >= 1e15 || (size > 0 && size < 1e-3) ? extreme : usual).format(value);
  };
  return {
    full: (value: number | undefined) => (value === undefined ? "no value" : fitting(value, full)),
    short: (value: number) => fitting(value, short),
  };
}

/** The room a plot has, followed live. */
function useSize(ref: { current: HTMLElement | null }): { width: number; height: number } {
  const [size, setSize] = useState({ width: 320, height: 200 });
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return size;
}
