// Owns the drawing of one node: its component from the table, a note for one that is missing or broken, stable keys.

import { Component, type ComponentChildren, type JSX } from "preact";
import type { Node } from "./contract";
import { DrawingContext, type Drawing } from "./drawing";
import { isObject } from "./tokens";

interface Props {
  node: Node;
}

/** Which component draws a node, as long as the node is kept. */
const drawn = new WeakMap<object, Draw>();

/** The element that a node of a drawn tree became; the first, if it became several. */
export function elementOf(node: object): Element | undefined {
  // Where Preact keeps what a component became; its public `base` is no more.
  const dom = (drawn.get(node) as { __v?: { __e?: unknown } } | undefined)?.__v?.__e;
  return dom instanceof Element ? dom : undefined;
}

/** A node with its own error boundary: what breaks in it never reaches its siblings. */
export class Draw extends Component<Props, { failed: Node | undefined }> {
  static override contextType = DrawingContext;
  override state = { failed: undefined as Node | undefined };

  override componentDidCatch(): void {
    this.setState({ failed: this.props.node });
  }

  override componentDidMount(): void {
    drawn.set(this.props.node, this);
  }

  override componentDidUpdate(): void {
    drawn.set(this.props.node, this);
  }

  override render(): ComponentChildren {
    const { node } = this.props;
    const table = (this.context as Drawing).table;
    if (this.state.failed === node) return <Missing what={`${node.type} could not be drawn`} />;
    const Part = Object.hasOwn(table, node.type) ? table[node.type] : undefined;
    return Part ? <Part node={node} /> : <Unknown node={node} />;
  }
}

/** The children of a node: none, one or many. */
export function Children({ of }: { of: unknown }): JSX.Element {
  const seen = new Map<string, number>();
  return (
    <>
      {nodes(of).map((node) => {
        const name = identity(node);
        const count = seen.get(name) ?? 0;
        seen.set(name, count + 1);
        return <Draw key={`${name}#${count}`} node={node} />;
      })}
    </>
  );
}

/** Children as a list of nodes; what is not a node is left out. */
export function nodes(children: unknown): Node[] {
  const list = Array.isArray(children) ? children : [children];
  return list.filter((child): child is Node => isObject(child) && typeof child.type === "string");
}

/** What makes a node the same one in the next tree. */
function identity(node: Node): string {
  const own = node.key ?? node.id ?? (typeof node.name === "string" ? node.name : "");
  return `${node.type}:${own}`;
}

/** A component this page does not know: its children are drawn all the same. */
function Unknown({ node }: Props): JSX.Element {
  return (
    <>
      <Missing what={`${node.type} is not known here`} />
      <Children of={node.children} />
    </>
  );
}

function Missing({ what }: { what: string }): JSX.Element {
  return (
    <div class="tf-missing" role="note">
      {what}
    </div>
  );
}
