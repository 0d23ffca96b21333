"""What the server offers: toolface.json, read and typed.

The file is written by `toolface agents`; everything that depends on the tools stands there and nowhere in the code.
"""

import json
from pathlib import Path
from typing import Literal, NotRequired, TypedDict, cast


class Server(TypedDict):
    """Who the server is."""

    name: str
    title: NotRequired[str]
    instructions: NotRequired[str]


class Route(TypedDict):
    """A set of tools with an agent of its own."""

    name: str
    handoff: str
    """Name of the function by which the triage agent hands over."""
    description: str
    """When to choose it."""
    tools: list[str]
    """The tools its agent may call."""


class Argument(TypedDict):
    """An argument of the tool that an action calls."""

    field: str
    """Where in the action's payload it is."""
    accepts: Literal["text", "filled", "number", "boolean", "other"]
    """What it takes; `filled` is text that cannot be empty. Fields of a form give text alone."""


class Action(TypedDict):
    """Where an action of a widget leads."""

    tool: str
    arguments: dict[str, Argument]
    replaces: bool
    """The answer takes the widget's place; else it is added after it."""


class Tool(TypedDict):
    """A tool that answers in a widget."""

    widgets: dict[str, str]
    """Ids of the widgets it may answer in, and their types."""
    actions: dict[str, Action]
    """By action type."""


class Project(TypedDict):
    """All of it."""

    server: Server
    url: str
    """Where the server was expected when this was written."""
    routes: list[Route]
    tools: dict[str, Tool]
    image_domains: list[str]
    """Hosts the widgets take pictures from."""


def load() -> Project:
    """Reads toolface.json, which stands beside this file."""
    file = Path(__file__).with_name("toolface.json")
    return cast(Project, json.loads(file.read_text(encoding="utf-8")))
