"""Generated Python projects and a server that ends while they run, with a scripted model.

Reads one JSON object from standard input: `project`, the folder; `serve`, a command that serves at an address given
after it; `question` as sdk.py has it. With TOOLFACE_STDIO the project is the ChatKit back end, and it is its process
that ends; else it is the terminal chat. Exits with 1 if anything went wrong.
"""

import asyncio
import contextlib
import io
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from agents.testing import ModelStep, ScriptedModel

from checks import call, check, equal, order, says, stayed, steps


def late(project, question, end):
    """The model hands over and calls the tool, but before it does the server ends."""

    def calls_the_tool(_):
        end()
        return [call(question["tool"], question["arguments"])]

    return [steps(project, question)[0], ModelStep.respond(calls_the_tool)]


class Served:
    """A server at one address, to be ended and started again."""

    def __init__(self, command):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.at = free.getsockname()
        self.command = [*command, "{}:{}".format(*self.at)]
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)
        for _ in range(500):
            with contextlib.suppress(OSError), socket.create_connection(self.at):
                return
            time.sleep(0.02)
        raise AssertionError("the server does not start")

    def end(self):
        self.process.kill()
        self.process.wait()


def terminal(given, project):
    """Questions: with the server gone, with it back, with it ending in the middle, and back again."""
    import main

    question = given["question"]
    server = Served(given["serve"])
    os.environ["TOOLFACE_URL"] = "http://{}:{}/mcp".format(*server.at)
    script = [*steps(project, question), *late(project, question, server.end), *steps(project, question)]
    before = iter([server.end, server.start, lambda: None, server.start])

    def read():
        act = next(before, None)
        return act() or "a question" if act else ""

    main._read = read
    model, out, err = ScriptedModel(script), io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            asyncio.run(main.chat(model))
    finally:
        server.end()
    model.assert_complete()
    said = [line for line in err.getvalue().splitlines() if line.startswith("That did not work: ")]
    equal(len(said), 2, "failures told: " + err.getvalue())
    check("cannot be reached" in said[0] and "went away" in said[1], said)
    equal(out.getvalue().count(f"[{question['tool']} → "), 2, "answers: " + out.getvalue())


def end_process():
    """Ends the process that the project started."""
    ended = 0
    for about in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(about.read_text().rsplit(")", 1)[1].split()[1]) == os.getpid():
                os.kill(int(about.parent.name), signal.SIGKILL)
                ended += 1
    equal(ended, 1, "processes of the project")


async def back_end(given, project):
    """A turn in the middle of which the process ends says so, and so does no other."""
    from backend import done, served

    question = given["question"]
    script = [*steps(project, question), *steps(project, question), *late(project, question, end_process)]
    model = ScriptedModel([*script, *steps(project, question), says("unused")])
    async with served(model) as page:
        for turn in ("first", "ended before", "ended within", "after"):
            if turn == "ended before":
                end_process()
            if turn != "ended within":
                equal(len(done(await page.say(), "widget")), 1, turn)
                continue
            (error,) = [event for event in await page.say(fails=True) if event["type"] == "error"]
            check("went away" in error["message"] and error["allow_retry"], error)


def main():
    given = order()
    import project

    if "TOOLFACE_STDIO" in os.environ:
        asyncio.run(back_end(given, project.load()))
    else:
        terminal(given, project.load())
    stayed()
    print("ok the server ended and came back")


if __name__ == "__main__":
    main()
