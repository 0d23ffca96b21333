"""The agents: one that sorts questions, and one per route that can call the tools of its route and no others."""

import asyncio
import logging
import os
import re
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, NotRequired, TypedDict, TypeVar

from agents import (
    Agent,
    AgentBase,
    Handoff,
    Model,
    RunContextWrapper,
    UserError,
    default_tool_error_function,
    handoff,
    set_tracing_disabled,
)
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


T = TypeVar("T")


class ServerGone(UserError):
    """The server cannot be reached, or went away before it had answered. The text is for the user."""


Connect = Callable[[], AbstractAsyncContextManager[MCPServer]]
"""Opens the server's tools for one turn; `ServerGone` if that cannot be."""


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


@asynccontextmanager
async def connecting(project: Project, extractor: MCPToolCustomDataExtractor) -> AsyncIterator[Connect]:
    """How each turn gets to the server, so that no turn suffers from what became of the server before it.

    Over HTTP each turn has a connection of its own; users do not wait for each other. A process is kept, because it may
    have data in memory, and is started again once it has ended.
    """
    if "TOOLFACE_STDIO" not in os.environ:
        yield lambda: _opened(connection(project, extractor))
        return
    kept: MCPServer | None = None
    one_at_a_time = asyncio.Lock()

    @asynccontextmanager
    async def turn() -> AsyncIterator[MCPServer]:
        nonlocal kept
        async with one_at_a_time:
            if kept is not None and not await _answers(kept):
                logging.getLogger("toolface").warning("The server had ended and is started again; its memory is lost.")
                kept = None
            if kept is None:
                await processes.aclose()
                kept = await processes.enter_async_context(_opened(connection(project, extractor)))
        yield kept

    async with AsyncExitStack() as processes:
        yield turn


def connection(project: Project, extractor: MCPToolCustomDataExtractor) -> "_Stdio | _Http":
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
            failure_error_function=_told_to_the_model,
        )
    return _Http(
        {"url": os.environ.get("TOOLFACE_URL", project["url"]), "timeout": TOOL_TIMEOUT},
        name=project["server"]["name"],
        cache_tools_list=True,
        client_session_timeout_seconds=TOOL_TIMEOUT,
        tool_filter=of_its_route,
        use_structured_content=True,
        custom_data_extractor=extractor,
        failure_error_function=_told_to_the_model,
    )


class _Stdio(MCPServerStdio):
    async def list_tools(
        self, run_context: RunContextWrapper[Any] | None = None, agent: AgentBase | None = None
    ) -> list[McpTool]:
        return await _or_gone(self, super().list_tools(run_context, agent))

    async def call_tool(
        self, tool_name: str, arguments: dict[str, Any] | None, meta: dict[str, Any] | None = None
    ) -> CallToolResult:
        return _keep_text(await _or_gone(self, super().call_tool(tool_name, arguments, meta)))


class _Http(MCPServerStreamableHttp):
    async def list_tools(
        self, run_context: RunContextWrapper[Any] | None = None, agent: AgentBase | None = None
    ) -> list[McpTool]:
        return await _or_gone(self, super().list_tools(run_context, agent))

    async def call_tool(
        self, tool_name: str, arguments: dict[str, Any] | None, meta: dict[str, Any] | None = None
    ) -> CallToolResult:
        return _keep_text(await _or_gone(self, super().call_tool(tool_name, arguments, meta)))


@asynccontextmanager
async def _opened(server: _Stdio | _Http) -> AsyncIterator[MCPServer]:
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(server)
        except Exception as error:
            raise _gone("The server cannot be reached", error) from None
        yield server


async def _or_gone(server: MCPServer, request: Awaitable[T]) -> T:
    """What the server answers. An error of a call is its answer, too, but only if there still is a server."""
    try:
        return await request
    except Exception as error:
        if await _answers(server):
            raise
        raise _gone("The server went away before it had answered", error) from None


async def _answers(server: MCPServer) -> bool:
    if not isinstance(server, _Stdio | _Http) or server.session is None:
        return False
    try:
        await server.session.list_tools()
    except Exception:
        return False
    return True


def _gone(what: str, error: BaseException) -> ServerGone:
    """The first error of a group says why."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return ServerGone(f"{what}: {error or type(error).__name__}")


def _told_to_the_model(context: RunContextWrapper[Any], error: Exception) -> str:
    """The model can mend a call, but bring back no server: without one the turn ends."""
    if isinstance(error, ServerGone):
        raise error
    return default_tool_error_function(context, error)


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
            "If none fits, say in a sentence what you can help with.\n\n"
            # These may speak of any tool, so they are not for the others: they have a few of them.
            f"What it says of itself: {project['server'].get('instructions', about)}"
        ),
        handoffs=[_specialist(route, server, model) for route in project["routes"]],
    )


def _specialist(route: Route, server: MCPServer, model: Model | None) -> Handoff[Any, Agent[Any]]:
    # Models take fewer names of functions than MCP takes of tools; for the others the SDK makes up names.
    plain = all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", tool) for tool in route["tools"])
    agent: Agent[Any] = Agent(
        name=route["name"],
        model=model,
        instructions=(
            f"You are responsible for: {route['description']}\n\n"
            "Answer from your tools, never from memory. If a tool needs something the user has not said, ask for it. "
            "The user sees each result as a card, so do not repeat it: say in a sentence or two what follows from it."
        ),
        mcp_servers=[server],
        mcp_config={"include_server_in_tool_names": not plain},
    )
    return handoff(agent, tool_name_override=route["handoff"], tool_description_override=route["description"])
