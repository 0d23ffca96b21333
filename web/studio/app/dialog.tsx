// A dialog above the page: focus goes in, stays in, and comes back; Escape and a press beside it close it.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface DialogProps {
  label: string;
  class?: string;
  onClose(): void;
  children: ComponentChildren;
}

export function Dialog({ label, class: looks, onClose, children }: DialogProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    const inside = box.current!;
    if (!inside.contains(document.activeElement)) (inside.querySelector<HTMLElement>("[autofocus], input, button, a[href], [tabindex]") ?? inside).focus();
    return () => before instanceof HTMLElement && before.isConnected && before.focus({ preventScroll: true });
  }, []);
  function key(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      onClose();
    }
    if (event.key !== "Tab") return;
    const stops = [...box.current!.querySelectorAll<HTMLElement>("input, select, textarea, button, a[href], [tabindex='0']")].filter((one) => !one.hasAttribute("disabled"));
    const to = event.shiftKey ? stops.at(-1) : stops[0];
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (document.activeElement !== edge || !to) return;
    event.preventDefault();
    to.focus();
  }
  return (
    <div class="veil" onPointerDown={(event) => event.target === event.currentTarget && onClose()}>
      <div ref={box} class={`dialog ${looks ?? ""}`} role="dialog" aria-modal="true" aria-label={label} tabIndex={-1} onKeyDown={key}>
        {children}
      </div>
    </div>
  );
}
