// The real page of a widget in a frame of its own, opaque origin, with a host around it.

import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { base, part } from "../api/client";
import type { Result, Values } from "../api/types";
import { tellSeen } from "./run";
import { HostBridge, type LogEntry, type Seen, type Surroundings } from "./bridge";
import type { Client } from "./clients";

export interface FrameHandle {
  outline(path: (string | number)[] | undefined): void;
  seen(): Promise<Seen | undefined>;
}

interface FrameProps {
  widget: string;
  client: Client;
  around: Surroundings;
  /** The tool as `tools/list` gives it. */
  tool: Values | undefined;
  args: Values;
  result: Result | undefined;
  title: string;
  /** Pixels; without, as wide as there is room. */
  width?: number;
  /** The number of the call whose result this is. */
  of: number;
  call(name: string, args: Values): Promise<Result>;
  onLog?(entry: LogEntry): void;
  onTime?(event: "initialized" | "painted", milliseconds: number): unknown;
  handle?: { current: FrameHandle | null };
}

const SEEN = "toolface_seen";

/** Mounted anew (by its key) for each call, as hosts do. */
export function ViewFrame(props: FrameProps): JSX.Element {
  const { widget, client, around, tool, args, result, title, width, handle, of: call } = props;
  const frame = useRef<HTMLIFrameElement>(null);
  const bridge = useRef<HostBridge | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [height, setHeight] = useState(120);

  useLayoutEffect(() => {
    const made = new HostBridge(frame.current!, client.wire, around, tool, {
      // What the view reports is no call of the project's: it goes to the server's record directly.
      call: (name, given) => (name === SEEN ? tellSeen({ call, ...given }) : latest.current.call(name, given)),
      open: (url) => void (/^(https?|mailto):/i.test(url) && window.open(url, "_blank", "noopener,noreferrer")),
      log: (entry) => latest.current.onLog?.(entry),
      size: setHeight,
      initialized: (milliseconds) => latest.current.onTime?.("initialized", milliseconds),
      painted: (milliseconds) => latest.current.onTime?.("painted", milliseconds),
    });
    bridge.current = made;
    if (handle) handle.current = { outline: (path) => made.outline(path), seen: () => made.seen() };
    made.deliver(args, result && client.pass(result));
    return () => {
      made.close();
      if (handle) handle.current = null;
    };
  }, []);
  useLayoutEffect(() => bridge.current?.surround(around), [around.theme, around.locale, around.timeZone]);

  return (
    <iframe
      ref={frame} class="view-frame" title={title} sandbox="allow-scripts" referrerpolicy="no-referrer" src={`${base}/view/${part(widget)}${client.wire === "openai" ? "?host=chatgpt" : ""}`}
      style={{ width: width ? `${width}px` : "100%", height: `${Math.max(height, 40)}px`, colorScheme: around.theme }}
    />
  );
}
