// What a page and the drawing of trees agree on. The drawing knows trees and what a reader does; the page knows hosts,
// tools and where trees come from. Neither names the other's inside.

import type { ComponentChildren } from "preact";

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** A component of a hydrated tree, as the server sends it. Children may be one component or a list. */
export interface Node {
  type: string;
  key?: string;
  id?: string;
  children?: Node | Node[];
  [prop: string]: unknown;
}

/** An action as ChatKit writes it. */
export interface Action {
  type: string;
  payload?: { [name: string]: Json };
  handler?: "server" | "client";
  loadingBehavior?: "auto" | "none" | "self" | "container";
  streaming?: boolean;
}

/** Form values as ChatKit collects them: by field name, dotted names nested; checkboxes are booleans. */
export type FormValues = { [name: string]: Json };

/** What the page does for a reader. */
export interface Host {
  /**
   * Runs an action with the values of the form around it. Resolves when it is done; rejects with a sentence that is
   * shown beside the control. Values are not merged into the payload yet.
   */
  act(action: Action, values: FormValues | undefined): Promise<void>;
  /** Opens a link outside. Only http, https and mailto links get here. */
  open(url: string): void;
  /** BCP 47, for numbers and dates. */
  locale: string;
  /** IANA name, for dates. */
  timeZone: string | undefined;
  /** What is effective now. */
  theme: "light" | "dark";
}

/** What `web/shared/widget.tsx` exports: the drawing of one tree, whole. */
export interface WidgetProps {
  tree: Node;
  host: Host;
  /** Shown below the widget, e.g. what a refused call said. */
  footer?: ComponentChildren;
}

/** What the server puts into the page as JSON in `<script type="application/json" id="toolface">`. */
export interface PageData {
  /** The server's version of the page's contract. */
  version: 1;
  widget: { name: string; title: string };
  /** The tools whose results this page draws: those it is opened for, and those that actions lead to. */
  tools: {
    [name: string]: {
      /** Whether a host opens this page for it. */
      opens: boolean;
      /** Said while the tool runs and when it is done; from `[view]`. */
      invoking?: string;
      invoked?: string;
      readOnly: boolean;
      /** Where the widget's actions lead when this tool made it, by action type. */
      actions: { [type: string]: Binding };
    };
  };
  border?: boolean;
  /** The server wants to know what became of its results: `view/report.ts`. */
  report?: boolean;
}

/** What an action leads to. Form values are merged into the payload first; keys the payload has already win. */
export interface Binding {
  tool: string;
  /** Argument = field of the payload it comes from, dotted for a nested one. */
  arguments: { [argument: string]: string };
  /** The tool's arguments: one not named above comes from the payload's field of the same name, if it is there. */
  accepts: { [argument: string]: Accepted };
}

/** What an argument takes, as far as a typed field must know: `filled` is text that cannot be empty. */
export type Accepted = "text" | "filled" | "number" | "boolean" | "other";
