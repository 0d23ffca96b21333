// Owns buttons: what they look like, what they fire, and that a double click fires once.

import type { ComponentChildren, JSX } from "preact";
import { useContext } from "preact/hooks";
import { useAction } from "../action";
import type { Node } from "../contract";
import { FormContext, text, written } from "../drawing";
import { choice } from "../tokens";
import { Glyph } from "./badge";
import { Problem, Spinner } from "./feedback";
import { valid } from "./form";

const colors = ["primary", "secondary", "info", "discovery", "success", "caution", "warning", "danger"] as const;
const variants = ["solid", "soft", "outline", "ghost"] as const;
export const controlSizes = ["3xs", "2xs", "xs", "sm", "md", "lg", "xl", "2xl", "3xl"] as const;
const iconSizes: Record<string, string> = { sm: "16px", md: "18px", lg: "20px", xl: "22px", "2xl": "24px" };

export function Button({ node }: { node: Node }): JSX.Element {
  const form = useContext(FormContext);
  const { action, pending, error, fire } = useAction(node.onClickAction, "self");
  const submits = node.submit === true;
  const working = pending || (submits && form.pending);

  function press(event: Event): void {
    event.preventDefault();
    if (working) return;
    const element = form.element?.current;
    if (!submits || !element) fire();
    else if (form.acts) form.submit();
    else if (valid(element)) fire();
  }

  const secondary = node.style === "secondary";
  const label = text(node.label);
  const icon = iconSizes[text(node.iconSize)];
  return (
    <div class="tf-control" data-block={node.block === true}>
      <PlainButton
        type={submits ? "submit" : "button"}
        color={choice(node.color, colors) ?? "primary"}
        variant={choice(node.variant, variants) ?? (secondary ? "outline" : "solid")}
        size={choice(node.size, controlSizes) ?? "md"}
        pill={node.pill !== false}
        uniform={node.uniform === true || label === ""}
        block={node.block === true}
        disabled={node.disabled === true}
        working={working}
        name={label === "" ? iconName(node, action?.type) : undefined}
        onPress={press}
      >
        {node.iconStart !== undefined && <Glyph name={node.iconStart} size={icon} />}
        {label !== "" && <Words>{label}</Words>}
        {node.iconEnd !== undefined && <Glyph name={node.iconEnd} size={icon} />}
      </PlainButton>
      <Problem said={error} />
    </div>
  );
}

/** What a button without words is called: its icon, else its action. */
function iconName(node: Node, action: string | undefined): string {
  const icon = text(node.iconStart) || text(node.iconEnd);
  return icon.replace(/^\w+:/, "").replace(/-/g, " ") || action?.replace(/[._-]/g, " ") || "Button";
}

/** The words of a control. */
export function Words({ children }: { children: string }): JSX.Element {
  return <span {...written(children)}>{children}</span>;
}

interface Plain {
  type?: "button" | "submit";
  color?: string;
  variant?: string;
  size?: string;
  pill?: boolean;
  uniform?: boolean;
  block?: boolean;
  disabled?: boolean;
  working?: boolean;
  name?: string;
  onPress(event: Event): void;
  children: ComponentChildren;
}

/** A button as such, for components that bring their own. It keeps its focus while it works. */
export function PlainButton(props: Plain): JSX.Element {
  const { type = "button", color = "primary", variant = "solid", size = "md", pill = true, working = false } = props;
  return (
    <button
      type={type}
      class="tf-button"
      data-color={color}
      data-variant={variant}
      data-size={size}
      data-pill={pill}
      data-uniform={props.uniform}
      data-block={props.block}
      disabled={props.disabled}
      aria-disabled={working || undefined}
      aria-busy={working || undefined}
      aria-label={props.name}
      onClick={props.onPress}
    >
      <span class="tf-button-inner">{props.children}</span>
      {working && <Spinner />}
    </button>
  );
}
