// The agents: one that sorts questions, and one per route that can call the tools of its route and no others.

import {
  Agent,
  type Handoff,
  MCPServerStdio,
  MCPServerStreamableHttp,
  type MCPToolCustomDataExtractor,
  type MCPToolFilterCallable,
  type Model,
  handoff,
  setTracingDisabled,
} from "@openai/agents";
import { promptWithHandoffInstructions } from "@openai/agents-core/extensions";

import type { Project, Route } from "./project.ts";

// The SDK would send every run to OpenAI's trace dashboard. Delete this line if you want that.
setTracingDisabled(true);

/** Where in a result's `_meta` its widget is. */
export const WIDGET = "dev.toolface/widget";

/** Seconds. */
const TOOL_TIMEOUT = 60;

/** A widget as a tool's result carries it. */
export interface Widget {
  id: string;
  type: string;
  name: string;
  tree: Record<string, unknown>;
  copyText: string;
  degraded: string[];
  /** The widget as Markdown; put here by `keepText`. */
  text?: string;
}

/** What is kept of a tool's result beside what the model reads. */
export interface Captured {
  tool: string;
  envelope: Record<string, unknown>;
  widget: Widget;
}

/** Leaves envelope and widget in the run's items, under `customData`. Failures have none. */
export const keep: MCPToolCustomDataExtractor = ({ toolName, resultMeta, structuredContent }) => {
  const widget = resultMeta?.[WIDGET] as Widget | undefined;
  if (widget === undefined || structuredContent === undefined) return null;
  return { tool: toolName, envelope: structuredContent, widget } satisfies Captured;
};

/**
 * The server's tools, to be opened with `connect()`. Each agent is shown those of its route.
 *
 * Over HTTP (`TOOLFACE_URL`), or with a process of its own (`TOOLFACE_STDIO`, a command line without quotes). The
 * model is given a result's envelope alone; `extractor` gets all of it.
 */
export function connection(project: Project, extractor: MCPToolCustomDataExtractor): Stdio | Http {
  const allowed = new Map(project.routes.map((route) => [route.name, route.tools]));
  const toolFilter: MCPToolFilterCallable = async ({ agent }, tool) =>
    allowed.get(agent.name)?.includes(tool.name) ?? false;
  const options = {
    name: project.server.name,
    clientSessionTimeoutSeconds: TOOL_TIMEOUT,
    timeout: TOOL_TIMEOUT * 1000,
    toolFilter,
    useStructuredContent: true,
    customDataExtractor: extractor,
  };
  const command = process.env["TOOLFACE_STDIO"];
  if (command) return new Stdio({ ...options, fullCommand: command });
  return new Http({ ...options, url: process.env["TOOLFACE_URL"] ?? project.url });
}

/** Opens the connection again if it was lost: the server was started again, or its process has ended. */
export async function reopen(server: Stdio | Http): Promise<void> {
  try {
    await server.listTools();
  } catch {
    await server.close();
    await server.connect();
    console.error("The connection to the server was lost and is there again; if it had data in memory, that is lost.\n");
  }
}

type Result = Awaited<ReturnType<MCPServerStdio["callToolResult"]>>;

class Stdio extends MCPServerStdio {
  override async callToolResult(...call: Parameters<MCPServerStdio["callToolResult"]>): Promise<Result> {
    return keepText(await super.callToolResult(...call));
  }
}

class Http extends MCPServerStreamableHttp {
  override async callToolResult(...call: Parameters<MCPServerStreamableHttp["callToolResult"]>): Promise<Result> {
    return keepText(await super.callToolResult(...call));
  }
}

/** Copies the widget's Markdown, which is content for the user alone, to the widget: extractors get no content. */
function keepText(result: Result): Result {
  const widget = result._meta?.[WIDGET] as Widget | undefined;
  for (const block of widget ? result.content : []) {
    const audience = (block["annotations"] as { audience?: string[] } | undefined)?.audience;
    if (widget && block.type === "text" && audience?.join() === "user") widget.text = String(block["text"]);
  }
  return result;
}

/** The triage agent with the others behind it; `model` is for all of them, by default the SDK's own. */
export function build(project: Project, server: Stdio | Http, model?: Model): Agent {
  const about = project.server.title ?? project.server.name;
  return new Agent({
    name: "triage",
    ...(model && { model }),
    instructions: promptWithHandoffInstructions(
      `You are the first to read what a user asks of ${about}. Hand over to the agent whose description fits. ` +
        "If none fits, say in a sentence what you can help with.\n\n" +
        // These may speak of any tool, so they are not for the others: they have a few of them.
        `What it says of itself: ${project.server.instructions ?? about}`,
    ),
    handoffs: project.routes.map((route) => specialist(route, server, model)),
  });
}

function specialist(route: Route, server: Stdio | Http, model?: Model): Handoff {
  // Models take fewer names of functions than MCP takes of tools; for the others the SDK makes up names.
  const plain = route.tools.every((tool) => /^[A-Za-z0-9_]{1,64}$/.test(tool));
  const agent = new Agent({
    name: route.name,
    ...(model && { model }),
    instructions:
      `You are responsible for: ${route.description}\n\n` +
      "Answer from your tools, never from memory. If a tool needs something the user has not said, ask for it. " +
      "The user sees each result as a card, so do not repeat it: say in a sentence or two what follows from it.",
    mcpServers: [server],
    mcpConfig: { includeServerInToolNames: !plain },
  });
  return handoff(agent, { toolNameOverride: route.handoff, toolDescriptionOverride: route.description });
}
