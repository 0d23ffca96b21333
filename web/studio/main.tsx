// The studio: which page an address shows, inside the frame all have.

import { render, type JSX } from "preact";
import { problem, project, start } from "./api/store";
import { link, place, startRouter } from "./app/router";
import { Head, Shell } from "./app/shell";
import { startTheme } from "./app/theme";
import { Agents } from "./pages/agents";
import { Clients } from "./pages/clients";
import { New } from "./pages/new";
import { Overview } from "./pages/overview";
import { Tool } from "./pages/tool";
import { Traffic } from "./pages/traffic";
import { WidgetPage } from "./pages/widget";
import { Button } from "./parts/button";
import { Empty, Refusal, Waiting } from "./parts/say";
import "./style/tokens.css";
import "./style/shell.css";
import "./style/parts.css";
import "./style/pages.css";

function Page(): JSX.Element {
  const [section, name] = place.value.parts;
  if (!project.value) return problem.value ? <Refusal error={problem.value} again={() => location.reload()} /> : <Waiting />;
  switch (section) {
    case undefined:
      return <Overview />;
    case "tools":
      return name ? <Tool key={name} name={name} /> : <Overview />;
    case "widgets":
      return name ? <WidgetPage key={name} name={name} /> : <Overview />;
    case "clients":
      return <Clients />;
    case "new":
      return <New />;
    case "traffic":
      return <Traffic id={name} />;
    case "agents":
      return <Agents tab={name} />;
    default:
      return (
        <>
          <Head title="Not found" />
          <Empty icon="search" title="There is no such page." actions={<Button href={link()}>To the overview</Button>} />
        </>
      );
  }
}

startTheme();
startRouter();
start();
render(<Shell><Page /></Shell>, document.getElementById("root")!);
