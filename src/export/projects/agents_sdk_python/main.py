"""A chat in the terminal: each tool's widget is printed as text, then what the agent says about it."""

import asyncio
import logging
import sys

from agents import AgentsException, Model, Runner, TResponseInputItem
from agents.items import ToolCallOutputItem
from openai import OpenAIError

from project import load
from team import build, connecting, keep


async def chat(model: Model | None = None) -> None:
    """Reads questions from standard input, a line each, until it ends."""
    project = load()
    async with connecting(project, keep) as connect:
        async with connect():
            pass  # If there is no server, the user learns it before asking anything.
        history: list[TResponseInputItem] = []
        while question := await asyncio.to_thread(_read):
            try:
                async with connect() as server:
                    # Every question begins at the triage agent, with all that was said before.
                    triage = build(project, server, model)
                    result = await Runner.run(triage, [*history, {"role": "user", "content": question}])
            except (AgentsException, OpenAIError) as error:
                print(f"That did not work: {error}\n", file=sys.stderr)
                continue
            history = result.to_input_list()
            for item in result.new_items:
                if isinstance(item, ToolCallOutputItem) and item.custom_data:
                    widget = item.custom_data["widget"]
                    print(f"[{item.custom_data['tool']} → {widget['type']} {widget['id']}]")
                    print(widget.get("text", widget["copyText"]), end="\n\n")
            print(f"{result.last_agent.name}: {result.final_output}\n", flush=True)


def _read() -> str:
    """The next line that is not blank; empty at the end."""
    if sys.stdin.isatty():
        print("> ", end="", flush=True)
    for line in sys.stdin:
        if line.strip():
            return line.strip()
    return ""


if __name__ == "__main__":
    for library in ("mcp", "openai.agents"):
        # What goes wrong is told in the chat; the libraries would say it once more, with tracebacks.
        logging.getLogger(library).setLevel(logging.CRITICAL)
    try:
        asyncio.run(chat())
    except KeyboardInterrupt:
        pass
    except (AgentsException, OSError) as error:
        sys.exit(f"{error}\nIs the server running? TOOLFACE_URL or TOOLFACE_STDIO say where it is; see README.md.")
