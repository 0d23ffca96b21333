// A long list of which only what is in sight is drawn.

import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";

interface ListProps<T> {
  items: readonly T[];
  /** The height of an item, exactly. */
  height: number | ((item: T, index: number) => number);
  name(item: T): string;
  children(item: T, index: number): ComponentChildren;
  class?: string;
  label: string;
  /** How many stand beside each other, and how far apart. */
  lanes?: number;
  gap?: number;
  /** Brings this one into sight when it changes. */
  reveal?: number;
  /** Stands above the list and scrolls with it. */
  head?: ComponentChildren;
}

export function VirtualList<T>(props: ListProps<T>): JSX.Element {
  const { items, height, name, children, label, lanes = 1, gap = 0, reveal, head } = props;
  const box = useRef<HTMLDivElement>(null);
  const top = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  const [, draw] = useReducer((n: number) => n + 1, 0);
  const options = {
    count: items.length,
    lanes,
    gap,
    overscan: 2,
    scrollMargin: margin,
    getScrollElement: () => box.current,
    getItemKey: (index: number) => name(items[index]!),
    estimateSize: (index: number) => (typeof height === "number" ? height : height(items[index]!, index)),
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => draw(undefined as never),
  };
  const [virtual] = useState(() => new Virtualizer<HTMLDivElement, HTMLElement>(options));
  virtual.setOptions(options);
  const measured = useRef<readonly T[]>(items);
  const lane = useRef(lanes);
  if (measured.current !== items || lane.current !== lanes) {
    measured.current = items;
    lane.current = lanes;
    virtual.measure();
  }
  useEffect(() => virtual._didMount(), []);
  useLayoutEffect(() => {
    virtual._willUpdate();
    const now = top.current?.offsetHeight ?? 0;
    if (now !== margin) setMargin(now);
  });
  useEffect(() => {
    if (reveal !== undefined && reveal >= 0) virtual.scrollToIndex(reveal, { align: "auto" });
  }, [reveal]);
  return (
    <div class={props.class} ref={box} style={{ overflow: "auto" }}>
      {head && <div ref={top}>{head}</div>}
      <div role="list" aria-label={label} style={{ position: "relative", height: `${virtual.getTotalSize()}px` }}>
        {virtual.getVirtualItems().map((item) => (
          <div
            key={item.key as string} role="listitem" aria-setsize={items.length} aria-posinset={item.index + 1}
            style={{
              position: "absolute", top: 0, insetInlineStart: `${(100 / lanes) * item.lane}%`, width: `${100 / lanes}%`,
              height: `${item.size}px`, transform: `translateY(${item.start - margin}px)`,
            }}
          >
            {children(items[item.index]!, item.index)}
          </div>
        ))}
      </div>
    </div>
  );
}
