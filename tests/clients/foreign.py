"""A server that is none of Toolface's: two tools with a view, made with the official Python SDK, on standard streams.

`doctor` must find nothing wrong with it: it breaks no rule, it only does not do what Toolface does besides.
"""

from typing import Annotated

from mcp.server.apps import Apps, ResourceCsp
from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field

PAGE = "ui://clock/face.html"


class Reading(BaseModel):
    city: str
    hour: int


apps = Apps()


@apps.tool(resource_uri=PAGE, description="Tells the hour in a city.", annotations=ToolAnnotations(read_only_hint=True))
def hour(city: Annotated[str, Field(examples=["Oslo"])]) -> Reading:
    return Reading(city=city, hour=12)


@apps.tool(resource_uri=PAGE, description="Tells what a clock is.", annotations=ToolAnnotations(read_only_hint=True))
def about() -> str:
    return "It shows the hour."


apps.add_html_resource(
    PAGE,
    "<!doctype html><title>Clock</title><script src=\"https://cdn.example.com/clock.js\"></script>",
    csp=ResourceCsp(resource_domains=["https://cdn.example.com"]),
)

if __name__ == "__main__":
    MCPServer("clock", extensions=[apps]).run()
