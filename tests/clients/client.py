"""The official Python client against a Toolface server: the contract as that client sees it.

Reads one JSON object from standard input: `examples`, the path of examples.json, and `runs`, each with a name, what to
check, the mode to negotiate in, the revision that must come out of it, whether the client draws views, and a server of
its own (`url`, or `command`). Tells each run on standard output; exits with 1 if any went wrong.
"""

import asyncio
import contextlib
import copy
import json
import sys
import traceback

from mcp import MCPError, StdioServerParameters
from mcp.client import Client, advertise

UI = "io.modelcontextprotocol/ui"
WIDGET = "dev.toolface/widget"
MANIFEST = "toolface://manifest"
INVALID_PARAMS = -32602


def check(condition, *what):
    """`assert` that cannot be switched off and says what it saw."""
    if not condition:
        raise AssertionError("; ".join(w if isinstance(w, str) else json.dumps(w, default=str)[:2000] for w in what))


def texts(result):
    check(all(block.type == "text" for block in result.content), "only text is expected", result.model_dump())
    return [block.text for block in result.content]


async def all_tools(client):
    tools, cursor = [], None
    while True:
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        cursor = page.next_cursor
        if cursor is None:
            # Without those that only views call.
            of_model = lambda tool: (tool.meta or {}).get("ui", {}).get("visibility") != ["app"]
            return {tool.name: tool for tool in tools if of_model(tool)}


def check_result(example, result, draws):
    check(result.is_error is False, "isError", texts(result))
    envelope = result.structured_content
    check(list(envelope) == ["widget_id", "widget_type", "data"], "members of the envelope", list(envelope))
    for name in ("widget_id", "widget_type"):
        check(envelope[name] == example[name], name, envelope[name], "expected", example[name])
    for name, value in example["data"].items():
        check(envelope["data"].get(name, "absent") == value, f"data.{name}", envelope["data"])

    said = texts(result)
    check(json.loads(said[0]) == envelope, "the first text is not the envelope", said[0])
    check(len(said) == (1 if draws else 2), "blocks of content", said)
    for text in said[1:]:
        check(result.content[1].annotations.audience == ["user"], "audience", result.content[1].model_dump())
        check("{" not in text.splitlines()[0], "the second text is no Markdown", text)
        for part in example["text"]:
            check(part in text, f"{part!r} is not in the Markdown", text)

    widget = (result.meta or {}).get(WIDGET)
    check(widget is not None, "no widget in _meta", result.meta)
    check(sorted(widget) == ["copyText", "degraded", "id", "name", "tree", "type"], "members", sorted(widget))
    check((widget["id"], widget["type"]) == (example["widget_id"], example["widget_type"]), "another widget", widget)
    check(widget["degraded"] == [], "degraded", widget["degraded"])
    tree = json.dumps(widget["tree"], ensure_ascii=False)
    check(widget["tree"]["type"] in ("Card", "ListView", "Basic"), "root", widget["tree"]["type"])
    for part in example["tree"] + example.get("hidden", []):
        check(part in tree, f"{part!r} is not in the tree", tree)
    for part in example.get("hidden", []):
        check(part not in "".join(said), f"{part!r} is where the model reads it", said)


async def check_validation(client, tool, result):
    """The SDK checks `structuredContent` by `outputSchema`: a good result passes, a wrong one does not."""
    check(tool.output_schema is not None, "no outputSchema", tool.name)
    await client.session.validate_tool_result(tool.name, result)
    for change in ({"widget_id": "wig_other"}, {"widget_type": 1}, {"data": []}):
        wrong = copy.deepcopy(result)
        wrong.structured_content.update(change)
        try:
            await client.session.validate_tool_result(tool.name, wrong)
        except RuntimeError as refused:
            check("Invalid structured content" in str(refused), str(refused))
        else:
            raise AssertionError(f"the outputSchema of {tool.name} lets pass {change}")


async def check_manifest(client, tools):
    resources = (await client.list_resources()).resources
    check(MANIFEST in [str(r.uri) for r in resources], "the manifest is not listed", [str(r.uri) for r in resources])
    content = (await client.read_resource(MANIFEST)).contents[0]
    check(content.mime_type == "application/json", content.mime_type)
    bindings = {binding["tool"]: binding for binding in json.loads(content.text)["bindings"]}
    check(sorted(bindings) == sorted(tools), "tools of the manifest", sorted(bindings))
    for name, binding in bindings.items():
        about = tools[name].meta[WIDGET]
        check(binding["widget"]["id"] == about["id"], "widget id", binding["widget"], about)
        check(binding["input_schema"] == tools[name].input_schema, "inputSchema of " + name)
    try:
        await client.read_resource("toolface://nothing")
    except MCPError as refused:
        check(refused.error.code in (-32602, -32002), "code of an unknown resource", refused.error.code)
    else:
        raise AssertionError("an unknown resource was read")


async def check_refusals(client, examples):
    for example in examples["refused"]:
        result = await client.call_tool(example["tool"], example["arguments"])
        check(result.is_error is True, example["why"], result.model_dump())
        check(result.structured_content is None, "structured content in a failure", result.structured_content)
        for part in example["says"]:
            check(part in texts(result)[0], f"{example['why']}: {part!r} is not said", texts(result))
    try:
        await client.call_tool("get_oder", {})
    except MCPError as refused:
        check(refused.error.code == INVALID_PARAMS, "code of an unknown tool", refused.error.code)
        check("get_order" in refused.error.message, "no suggestion", refused.error.message)
    else:
        raise AssertionError("an unknown tool was called")


async def check_concurrency(client):
    """Many calls at once: each answer belongs to its question."""
    orders = ["1001", "1002", "1003", "1004", "1005", "1006"] * 6
    calls = [client.call_tool("get_order", {"order_id": order}) for order in orders]
    results = await asyncio.gather(*calls)
    check([r.structured_content["data"]["orderId"] for r in results] == orders, "answers are mixed up")


async def check_headers(client):
    """An argument that travels in a header too, as 2026-07-28 has it over HTTP."""
    await client.list_tools()  # from here the client knows which
    for region in ("eu-west", "Zürich ✓", " =?base64?x?= "):
        result = await client.call_tool("region_card", {"region": region})
        check(result.structured_content["widget_id"] == "wig_region", region, result.structured_content)


async def check_contract(client, run, examples):
    # A client that pins the modern revision never asks who the server is.
    if run["mode"] in ("legacy", "auto"):
        check(client.server_info.name == "shop", "serverInfo", str(client.server_info))
        check(UI in client.server_capabilities.extensions, "the UI extension is not offered")
        check("Pedal & Plum" in client.instructions, "instructions", client.instructions)
    tools = await all_tools(client)
    called = {example["tool"] for example in examples["calls"]}
    check(sorted(tools) == sorted(called), "every demo tool has an example", sorted(tools), sorted(called))
    for example in examples["calls"]:
        with told(f"{example['tool']} {example['arguments']}"):
            result = await client.call_tool(example["tool"], example["arguments"])
            check_result(example, result, run["draws"])
            await check_validation(client, tools[example["tool"]], result)
    await check_refusals(client, examples)
    await check_manifest(client, tools)
    await check_concurrency(client)
    if run["mode"] != "legacy":
        async with client.listen(tools_list_changed=True):
            check((await client.call_tool("get_order", {"order_id": "1001"})).is_error is False, "while listening")


async def check_run(run, examples):
    server = run.get("url") or StdioServerParameters(command=run["command"][0], args=run["command"][1:])
    extensions = [advertise(UI, {"mimeTypes": ["text/html;profile=mcp-app"]})] if run["draws"] else None
    async with Client(server, mode=run["mode"], extensions=extensions, read_timeout_seconds=30) as client:
        check(client.protocol_version == run["revision"], "revision", client.protocol_version)
        if run["check"] == "headers":
            await check_headers(client)
        else:
            await check_contract(client, run, examples)


@contextlib.contextmanager
def told(where):
    try:
        yield
    except Exception as e:
        e.add_note(where)
        raise


async def main():
    order = json.load(sys.stdin)
    with open(order["examples"], encoding="utf-8") as file:
        examples = json.load(file)
    failed = False
    for run in order["runs"]:
        try:
            await asyncio.wait_for(check_run(run, examples), 120)
            print(f"ok {run['name']}", flush=True)
        except BaseException as e:  # also the exception groups of a broken connection
            failed = True
            print(f"FAILED {run['name']}", flush=True)
            traceback.print_exception(e)
    return failed


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
