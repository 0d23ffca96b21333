"""What the drivers of generated Python projects have in common: the order, a model that says what is scripted, no way
out to the network."""

import itertools
import json
import re
import sys

from agents import flush_traces, testing

# What a model provider takes as the name of a function.
FUNCTION = re.compile(r"[A-Za-z0-9_-]{1,64}")

_calls = itertools.count()


def check(condition, *what):
    """`assert` that cannot be switched off and says what it saw."""
    if not condition:
        raise AssertionError("; ".join(w if isinstance(w, str) else json.dumps(w, default=str)[:3000] for w in what))


def equal(seen, expected, what):
    check(seen == expected, what, "seen:", seen, "expected:", expected)


HERE = ("127.0.0.1", "::1", "localhost")

_reached = []


def stay_here():
    """From here on nothing but this machine can be reached."""

    def refuse(event, arguments):
        host = None
        if event == "socket.getaddrinfo":
            host = arguments[0]
        elif event == "socket.connect" and isinstance(arguments[1], tuple):
            host = arguments[1][0]
        if isinstance(host, bytes):
            host = host.decode()
        if host is not None and host not in HERE:
            _reached.append(host)
            raise OSError(f"{host} is not this machine")

    sys.addaudithook(refuse)


def stayed():
    """Nothing but this machine was tried to be reached, by what runs in the background either."""
    flush_traces()
    equal(_reached, [], "the project reaches out")


def order():
    """The order on standard input, with the project's folder made importable."""
    given = json.load(sys.stdin)
    sys.path.insert(0, given["project"])
    stay_here()
    return given


def call(name, arguments):
    return testing.function_call(name, arguments, call_id=f"call_{next(_calls)}")


def says(text):
    return [testing.assistant_message(text, item_id=f"message_{next(_calls)}")]


def steps(project, question):
    """What the model does with a question: it hands over, calls the tool, and says `done`."""
    route = next(route for route in project["routes"] if route["name"] == question["route"])

    def hands_over(seen):
        equal([tool.name for tool in seen.tools], [], "tools of the triage agent")
        offered = sorted(handoff.tool_name for handoff in seen.handoffs)
        equal(offered, sorted(route["handoff"] for route in project["routes"]), "handoffs of the triage agent")
        check(all(FUNCTION.fullmatch(name) for name in offered), "no name of a function", offered)
        return [call(route["handoff"], {})]

    def calls_the_tool(seen):
        general = project["server"].get("instructions")
        check(not general or general not in seen.system_instructions, "instructions that name tools of others")
        names = [tool.name for tool in seen.tools]
        check(all(FUNCTION.fullmatch(name) for name in names), "no name of a function", names)
        equal((len(set(names)), len(names)), (len(route["tools"]), len(route["tools"])), "tools of " + route["name"])
        if all(re.fullmatch(r"[a-z_]+", name) for name in route["tools"]):
            equal(sorted(names), sorted(route["tools"]), "tools of the agent of " + route["name"])
        if question["tool"] in names:
            return [call(question["tool"], question["arguments"])]
        # Odd names become others; those tools name themselves in their description.
        (chosen,) = [tool.name for tool in seen.tools if f'"{question["tool"]}"' in tool.description]
        return [call(chosen, question["arguments"])]

    return [testing.ModelStep.respond(hands_over), testing.ModelStep.respond(calls_the_tool), says("done")]
