// What the reader sees of what was found: the widget, or a card that says what there is instead. Never nothing.

import { Component, type ComponentChildren } from "preact";
import type { Host, Node } from "../shared/contract";
import { Widget } from "../shared/widget";
import type { Found } from "./source";

interface ShowProps {
  found: Found;
  host: Host;
  /** What was said to the last thing the reader did, if it brought no widget. */
  said: string;
}

export function Show({ found, host, said }: ShowProps) {
  const footer = said && (
    <div class="toolface-said" role="status">
      <Widget tree={{ type: "Basic", children: [{ type: "Markdown", value: said }] }} host={host} />
    </div>
  );
  if (found.kind === "failure") {
    return (
      <div role="alert">
        <Widget tree={notice("circle-question", found.text, "danger")} host={host} footer={footer} />
      </div>
    );
  }
  if (found.kind === "text") {
    const tree: Node = found.text
      ? { type: "Card", children: [{ type: "Markdown", value: found.text }] }
      : notice("check-circle", "Done. The answer has nothing to show.");
    return <Widget tree={tree} host={host} footer={footer} />;
  }
  return (
    <Guard tree={found.tree}>
      <Widget tree={found.tree} host={host} footer={footer} />
    </Guard>
  );
}

/** A small card with one sentence. */
function notice(icon: string, value: string, color = "secondary"): Node {
  const children = [
    { type: "Icon", name: icon, color },
    { type: "Text", value, color },
  ];
  return { type: "Card", children: [{ type: "Row", align: "start", gap: 2, children }] };
}

interface GuardProps {
  tree: Node;
  children: ComponentChildren;
}

/** Shows a sentence in place of a tree that cannot be drawn. */
class Guard extends Component<GuardProps, { tree?: Node; problem?: unknown }> {
  override componentDidCatch(problem: unknown): void {
    this.setState({ tree: this.props.tree, problem });
  }
  override render({ tree, children }: GuardProps) {
    if (this.state.tree !== tree) return children;
    return (
      <p class="toolface-said" role="alert">
        This widget cannot be drawn: {String(this.state.problem)}
      </p>
    );
  }
}
