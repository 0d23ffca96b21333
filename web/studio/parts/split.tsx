// Two panes with a bar between them that can be dragged, or moved by the arrow keys. Where it stands is remembered.

import type { ComponentChildren, JSX } from "preact";
import { useRef, useState } from "preact/hooks";

interface SplitProps {
  /** Under which the place of the bar is remembered. */
  name: string;
  way?: "row" | "column";
  /** Share of the first pane to begin with, in percent. */
  first?: number;
  least?: number;
  children: [ComponentChildren, ComponentChildren];
}

function kept(name: string): number | undefined {
  try {
    const value = Number(localStorage.getItem(`toolface-split-${name}`) ?? "");
    return value > 0 && value < 100 ? value : undefined;
  } catch {
    return undefined;
  }
}

export function Split({ name, way = "row", first = 40, least = 18, children }: SplitProps): JSX.Element {
  const [share, setShare] = useState(kept(name) ?? first);
  const [held, setHeld] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const move = (to: number) => {
    const next = Math.min(100 - least, Math.max(least, to));
    setShare(next);
    try {
      localStorage.setItem(`toolface-split-${name}`, String(Math.round(next * 10) / 10));
    } catch {
      // Then it is not remembered.
    }
  };
  const at = (event: PointerEvent) => {
    const around = box.current!.getBoundingClientRect();
    return way === "row" ? ((event.clientX - around.left) / around.width) * 100 : ((event.clientY - around.top) / around.height) * 100;
  };
  const [back, on] = way === "row" ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
  return (
    <div class="split" data-way={way} ref={box}>
      <div class="split-pane" style={{ flex: `0 1 ${share}%` }}>{children[0]}</div>
      <div
        class="split-bar" role="separator" tabIndex={0} aria-label="Move the border between the panes" aria-orientation={way === "row" ? "vertical" : "horizontal"}
        aria-valuenow={Math.round(share)} aria-valuemin={least} aria-valuemax={100 - least} data-held={held || undefined}
        onPointerDown={(event) => {
          event.preventDefault();
          event.currentTarget.setPointerCapture(event.pointerId);
          setHeld(true);
        }}
        onPointerMove={(event) => held && move(at(event))}
        onPointerUp={() => setHeld(false)}
        onPointerCancel={() => setHeld(false)}
        onDblClick={() => move(first)}
        onKeyDown={(event) => {
          if (event.key !== back && event.key !== on) return;
          event.preventDefault();
          move(share + (event.key === on ? 2 : -2));
        }}
      />
      {/* A frame would swallow the pointer while the bar is dragged over it. */}
      <div class="split-pane" style={{ flex: "1 1 0%", pointerEvents: held ? "none" : undefined }}>{children[1]}</div>
    </div>
  );
}
