"""The agents: one that sorts questions, and one per route that can call the tools of its route and no others."""

import os
import re
import shlex
from typing import Any, NotRequired, TypedDict

from agents import Agent, Handoff, Model, handoff, set_tracing_disabled
from agents.extensions.handoff_prompt import prompt_with_handoff_instructions
from agents.mcp import (
    MCPServer,
    MCPServerStdio,
    MCPServerStreamableHttp,
    MCPToolCustomDataContext,
    MCPToolCustomDataExtractor,
    ToolFilterContext,
)
from mcp.types import CallToolResult, TextContent
from mcp.types import Tool as McpTool

from project import Project, Route

# The SDK would send every run to OpenAI's trace dashboard. Delete this line if you want that.
set_tracing_disabled(True)

WIDGET = "dev.toolface/widget"
"""Where in a result's `_meta` its widget is."""

TOOL_TIMEOUT = 60.0
"""Seconds."""


class Widget(TypedDict):
    """A widget as a tool's result carries it."""

    id: str
    type: str
    name: str
    tree: dict[str, Any]
    copyText: str
    degraded: list[str]
    text: NotRequired[str]
    """The widget as Markdown; put here by `_keep_text`."""


class Captured(TypedDict):
    """What is kept of a tool's result beside what the model reads."""

    tool: str
    envelope: dict[str, Any]
    widget: Widget


def captured(context: MCPToolCustomDataContext) -> Captured | None:
    """The envelope and the widget of a result; None if it has none, as failures do."""
    widget = (context.result_meta or {}).get(WIDGET)
    if widget is None or context.structured_content is None:
        return None
    return {"tool": context.tool_name, "envelope": dict(context.structured_content), "widget": widget}


def keep(context: MCPToolCustomDataContext) -> dict[str, Any] | None:
    """Leaves what was captured in the run's items, under `custom_data`."""
    found = captured(context)
    return None if found is None else dict(found)


def connection(project: Project, extractor: MCPToolCustomDataExtractor) -> MCPServerStdio | MCPServerStreamableHttp:
    """The server's tools, to be entered with `async with`. Each agent is shown those of its route.

    Over HTTP (`TOOLFACE_URL`), or with a process of its own (`TOOLFACE_STDIO`, a command line). The model is given a
    result's envelope alone; `extractor` gets all of it.
    """
    allowed = {route["name"]: route["tools"] for route in project["routes"]}

    def of_its_route(context: ToolFilterContext, tool: McpTool) -> bool:
        return tool.name in allowed[context.agent.name]

    if command := os.environ.get("TOOLFACE_STDIO"):
        program, *arguments = shlex.split(command)
        return _Stdio(
            {"command": program, "args": arguments},
            name=project["server"]["name"],
            cache_tools_list=True,
            client_session_timeout_seconds=TOOL_TIMEOUT,
            tool_filter=of_its_route,
            use_structured_content=True,
            custom_data_extractor=extractor,
        )
    return _Http(
        {"url": os.environ.get("TOOLFACE_URL", project["url"]), "timeout": TOOL_TIMEOUT},
        name=project["server"]["name"],
        cache_tools_list=True,
        client_session_timeout_seconds=TOOL_TIMEOUT,
        tool_filter=of_its_route,
        use_structured_content=True,
        custom_data_extractor=extractor,
    )


class _Stdio(MCPServerStdio):
    async def call_tool(
        self, tool_name: str, arguments: dict[str, Any] | None, meta: dict[str, Any] | None = None
    ) -> CallToolResult:
        return _keep_text(await super().call_tool(tool_name, arguments, meta))


class _Http(MCPServerStreamableHttp):
    async def call_tool(
        self, tool_name: str, arguments: dict[str, Any] | None, meta: dict[str, Any] | None = None
    ) -> CallToolResult:
        return _keep_text(await super().call_tool(tool_name, arguments, meta))


def _keep_text(result: CallToolResult) -> CallToolResult:
    """Copies the widget's Markdown, which is content for the user alone, to the widget: extractors get no content."""
    if widget := (result.meta or {}).get(WIDGET):
        for block in result.content:
            if isinstance(block, TextContent) and block.annotations and block.annotations.audience == ["user"]:
                widget["text"] = block.text
    return result


def build(project: Project, server: MCPServer, model: Model | None = None) -> Agent[Any]:
    """The triage agent with the others behind it; `model` is for all of them, by default the SDK's own."""
    about = project["server"].get("title", project["server"]["name"])
    return Agent(
        name="triage",
        model=model,
        instructions=prompt_with_handoff_instructions(
            f"You are the first to read what a user asks of {about}. Hand over to the agent whose description fits. "
            "If none fits, say in a sentence what you can help with."
        ),
        handoffs=[_specialist(project, route, server, model) for route in project["routes"]],
    )


def _specialist(project: Project, route: Route, server: MCPServer, model: Model | None) -> Handoff[Any, Agent[Any]]:
    # Models take fewer names of functions than MCP takes of tools; for the others the SDK makes up names.
    plain = all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", tool) for tool in route["tools"])
    agent: Agent[Any] = Agent(
        name=route["name"],
        model=model,
        instructions=(
            f"{project['server'].get('instructions', '')}\n\nYou are responsible for: {route['description']}\n\n"
            "Answer from your tools, never from memory. If a tool needs something the user has not said, ask for it. "
            "The user sees each result as a card, so do not repeat it: say in a sentence or two what follows from it."
        ),
        mcp_servers=[server],
        mcp_config={"include_server_in_tool_names": not plain},
    )
    return handoff(agent, tool_name_override=route["handoff"], tool_description_override=route["description"])
