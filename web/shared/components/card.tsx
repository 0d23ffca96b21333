// Owns cards: the surface around a widget, its status line, and its confirm and cancel buttons.

import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { useAction } from "../action";
import type { Node } from "../contract";
import { Children } from "../draw";
import { ThemeContext, text, useTheme } from "../drawing";
import { border, choice, color, edges, isObject, sides } from "../tokens";
import { PlainButton, Words } from "./button";
import { Problem } from "./feedback";
import { FormShell } from "./form";
import { anythingIn, Nothing } from "./nothing";
import { Status } from "./status";

export function Card({ node }: { node: Node }): JSX.Element {
  const around = useTheme();
  const theme = choice(node.theme, ["light", "dark"]) ?? around;
  const [done, setDone] = useState(false);
  const [open, setOpen] = useState(false);
  const empty = !anythingIn(node.children);
  const bare = empty && ![node.status, node.confirm, node.cancel].some(isObject);
  const foldable = !empty && node.collapsed === true && (done || !isObject(node.confirm));
  const looks = {
    class: "tf-card",
    "data-theme": theme,
    "data-size": choice(node.size, ["sm", "md", "lg", "full"]) ?? "md",
    style: { background: color(node.background, "background", theme), ...border(node.border, theme) },
  };
  const pad = sides(node.padding);
  const body = {
    paddingTop: pad.top, paddingRight: pad.right, paddingBottom: pad.bottom, paddingLeft: pad.left, ...edges(pad),
  };
  const confirm = isObject(node.confirm) ? node.confirm.action : undefined;
  const onDone = () => setDone(true);
  const content = (onConfirm: () => void, pending: boolean, error?: string): ComponentChildren => (
    <>
      <Status status={node.status} />
      {(!foldable || open) && (
        <div class="tf-card-body" style={body}>
          {bare ? <Nothing /> : <Children of={node.children} />}
        </div>
      )}
      {foldable && (
        <button type="button" class="tf-more" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Hide details" : "Show details"}
        </button>
      )}
      {!foldable && <Footer node={node} onConfirm={onConfirm} pending={pending} error={error} />}
    </>
  );
  const confirming = useAction(confirm, "container", { onDone });
  return (
    <ThemeContext.Provider value={theme}>
      {node.asForm === true ? (
        <FormShell id={node.key ?? node.id ?? "card"} action={confirm} auto="container" looks={looks} onDone={onDone}>
          {(scope) => content(scope.submit, scope.pending)}
        </FormShell>
      ) : (
        <section {...looks}>{content(confirming.fire, confirming.pending, confirming.error)}</section>
      )}
    </ThemeContext.Provider>
  );
}

interface Ends {
  node: Node;
  onConfirm(): void;
  pending: boolean;
  error: string | undefined;
}

/** Confirm and cancel. */
function Footer({ node, onConfirm, pending, error }: Ends): JSX.Element | null {
  const confirm = isObject(node.confirm) ? node.confirm : undefined;
  const cancel = isObject(node.cancel) ? node.cancel : undefined;
  const cancelling = useAction(cancel?.action, "container");
  if (!confirm && !cancel) return null;
  return (
    <footer class="tf-card-footer">
      <Problem said={error ?? cancelling.error} />
      {cancel && (
        <PlainButton variant="outline" size="lg" working={cancelling.pending} onPress={() => cancelling.fire()}>
          <Words>{text(cancel.label)}</Words>
        </PlainButton>
      )}
      {confirm && (
        <PlainButton
          type={node.asForm === true ? "submit" : "button"}
          size="lg"
          working={pending}
          onPress={(event) => {
            event.preventDefault();
            onConfirm();
          }}
        >
          <Words>{text(confirm.label)}</Words>
        </PlainButton>
      )}
    </footer>
  );
}
