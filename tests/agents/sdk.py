"""The generated Python project: its agents, its tools and its terminal chat, with a scripted model.

Reads one JSON object from standard input: `project`, the folder; `questions`, each with the `route` it is for, the
`tool` and `arguments` the model calls, and what must come of it: `envelope`, `tree`, `text`. Prints a line per
question; exits with 1 if anything went wrong. The server is told by TOOLFACE_URL or TOOLFACE_STDIO.
"""

import asyncio
import contextlib
import io
import json
import sys

from agents import ModelBehaviorError, Runner
from agents.items import ToolCallOutputItem
from agents.testing import ScriptedModel

from checks import check, equal, order, stayed, steps


async def ask(project, question):
    from team import build, connection, keep

    model = ScriptedModel(steps(project, question))
    async with connection(project, keep) as server:
        result = await Runner.run(build(project, server, model), "a question")
    model.assert_complete()
    equal(result.last_agent.name, question["route"], "the agent that answered")
    kept = [item.custom_data for item in result.new_items if isinstance(item, ToolCallOutputItem) and item.custom_data]
    equal(len(kept), 1, "results kept")
    equal(kept[0]["tool"], question["tool"], "the tool")
    equal(kept[0]["envelope"], question["envelope"], "the envelope")
    widget = kept[0]["widget"]
    equal(widget["tree"], question["tree"], "the tree")
    equal(project["tools"][question["tool"]]["widgets"].get(widget["id"]), widget["type"], "the widget id")
    equal(json.loads(model.last_call.input[-1]["output"]), question["envelope"], "what the model reads")


async def chat(project, questions):
    """The terminal chat: a question that fails does not end it."""
    import main

    model = ScriptedModel([ModelBehaviorError("no sense"), *(step for q in questions for step in steps(project, q))])
    sys.stdin, out, err = io.StringIO("nonsense\n\n" + "a question\n" * len(questions)), io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        await main.chat(model)
    model.assert_complete()
    check("no sense" in err.getvalue(), "the failure is not told", err.getvalue())
    at = 0
    for question in questions:
        ids = project["tools"][question["tool"]]["widgets"]
        heads = [f"[{question['tool']} → {kind} {id}]\n" for id, kind in ids.items()]
        found = [out.getvalue().find(head + question["text"], at) for head in heads]
        check(max(found) >= 0, "the widget is not shown", heads, question["text"], out.getvalue()[at:])
        at = out.getvalue().find(f"{question['route']}: done\n", max(found))
        check(at >= 0, "the answer is not shown", out.getvalue())


def main():
    given = order()
    import project

    about = project.load()
    for question in given["questions"]:
        asyncio.run(ask(about, question))
        print(f"ok {question['route']}: {question['tool']} {question['arguments']}", flush=True)
    asyncio.run(chat(about, given["questions"]))
    stayed()
    print("ok the chat")


if __name__ == "__main__":
    main()
