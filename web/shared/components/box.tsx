// Owns the layout of widgets: boxes, rows, columns, the plain root, spacers and dividers.

import type { JSX } from "preact";
import type { Node } from "../contract";
import { Children } from "../draw";
import { ThemeContext, useTheme } from "../drawing";
import { box, choice, color, length, spacing } from "../tokens";
import { anythingIn, Nothing } from "./nothing";

export function Box({ node }: { node: Node }): JSX.Element {
  return <Container node={node} direction={node.direction === "row" ? "row" : "col"} />;
}

export function Row({ node }: { node: Node }): JSX.Element {
  return <Container node={node} direction="row" spaced />;
}

export function Col({ node }: { node: Node }): JSX.Element {
  return <Container node={node} direction="col" spaced />;
}

function Container({ node, direction, spaced = false }: { node: Node; direction: string; spaced?: boolean }): JSX.Element {
  const theme = useTheme();
  return (
    <div class="tf-box" data-direction={direction} data-spaced={spaced} style={box(node, theme)}>
      <Children of={node.children} />
    </div>
  );
}

/** The root without chrome. */
export function Basic({ node }: { node: Node }): JSX.Element {
  const around = useTheme();
  const theme = choice(node.theme, ["light", "dark"]) ?? around;
  const direction = node.direction === "row" ? "row" : "col";
  const { padding, gap, align, justify } = node;
  return (
    <ThemeContext.Provider value={theme}>
      <div
        class="tf-box tf-basic"
        data-direction={direction}
        data-spaced="true"
        data-theme={theme}
        style={box({ padding, gap, align, justify }, theme)}
      >
        {anythingIn(node.children) ? <Children of={node.children} /> : <Nothing />}
      </div>
    </ThemeContext.Provider>
  );
}

export function Spacer({ node }: { node: Node }): JSX.Element {
  const size = length(node.minSize);
  return <div class="tf-spacer" style={{ minWidth: size, minHeight: size }} />;
}

export function Divider({ node }: { node: Node }): JSX.Element {
  const theme = useTheme();
  const style = {
    "--line": color(node.color, "border", theme),
    "--thickness": length(node.size),
    "--around": spacing(node.spacing),
  };
  return <hr class="tf-divider" data-flush={node.flush === true} style={style} />;
}
