"""The generated ChatKit back end, over real HTTP, with a scripted model.

Reads one JSON object from standard input: `project`, the folder; `questions` as sdk.py has them, with `copy_text`
besides; `hidden`, words that may reach the page and never the model; `trees`, trees of all kinds; `actions`, each with
the question it follows, `type`, `payload`, `replaces`, and the `tree` it must end in. Exits with 1 if anything went
wrong. The server is told by TOOLFACE_URL or TOOLFACE_STDIO, the file of the threads by CHATKIT_DATABASE.
"""

import asyncio
import contextlib
import json
import os

import httpx2
import uvicorn
from agents.testing import ScriptedModel

from checks import check, equal, order, says, stayed, steps

KINDS = {"threads.create": "stream", "threads.add_user_message": "stream", "threads.custom_action": "stream"}


class Page:
    """What the page does."""

    def __init__(self, client):
        self.client = client

    async def post(self, kind, status=200, fails=False, **params):
        own = {"origin": str(self.client.base_url).rstrip("/")}
        response = await self.client.post("/chatkit", json={"type": kind, "params": params}, headers=own)
        equal(response.status_code, status, kind)
        if kind not in KINDS or status != 200:
            return response.json()
        check(response.headers["content-type"].startswith("text/event-stream"), str(response.headers))
        events = [json.loads(line[6:]) for line in response.text.split("\n") if line.startswith("data: ")]
        equal(any(event["type"] == "error" for event in events), fails, f"{kind} fails: {events}")
        return events

    async def say(self, thread=None, fails=False):
        content = [{"type": "input_text", "text": "a question"}]
        said = {"content": content, "attachments": [], "inference_options": {}}
        if thread is None:
            return await self.post("threads.create", fails=fails, input=said)
        return await self.post("threads.add_user_message", thread_id=thread, input=said)

    async def act(self, thread, item, action, **more):
        given = {"type": action["type"], "payload": action["payload"]}
        return await self.post("threads.custom_action", thread_id=thread, item_id=item, action=given, **more)

    async def items(self, thread):
        return {item["id"]: item for item in (await self.post("threads.get_by_id", thread_id=thread))["items"]["data"]}


@contextlib.asynccontextmanager
async def served(model):
    """The application on a free port."""
    from app import create_app

    server = uvicorn.Server(uvicorn.Config(create_app(model), port=0, log_level="warning"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        check(not running.done(), "the application does not start")
        await asyncio.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        yield Page(client)
    server.should_exit = True
    await running


def done(events, kind):
    """Items of that kind that were completed, each with its place."""
    return [
        (n, e["item"]) for n, e in enumerate(events) if e["type"] == "thread.item.done" and e["item"]["type"] == kind
    ]


async def ask(page, question):
    """A question in a new thread: the widget comes right after the call, before the model says anything."""
    events = await page.say()
    widgets, said = done(events, "widget"), done(events, "assistant_message")
    equal(len(widgets), 1, "widgets")
    (place, widget), (after, answer) = widgets[0], said[0]
    check(place < after, "the widget comes after the answer", [event["type"] for event in events])
    equal(widget["widget"], question["tree"], "the tree")
    equal(widget["copy_text"], question["copy_text"], "the copy text")
    equal(answer["content"][0]["text"], "done", "the answer")
    return events[0]["thread"]["id"], widget["id"]


async def act(page, thread, sender, action):
    """An action streams its answer in the sender's place or after everything else; what is stored is the same."""
    before = await page.items(thread)
    events = await page.act(thread, sender, action)
    way = "thread.item.replaced" if action["replaces"] else "thread.item.done"
    (item,) = [event["item"] for event in events if event["type"] == way]
    equal(item["widget"], action["tree"], "the tree after " + action["type"])
    equal(item["id"] == sender, action["replaces"], "whether it replaces")
    after = await page.items(thread)
    equal(list(after), list(before) + ([] if action["replaces"] else [item["id"]]), "items")
    equal(after[item["id"]]["widget"], action["tree"], "the stored tree")


async def refusals(page, thread, sender):
    for action in ({"type": "no.such", "payload": {}}, {"type": "order.track", "payload": {"number": "?"}}):
        events = await page.act(thread, sender, action)
        (notice,) = [event for event in events if event["type"] == "notice"]
        check(notice["level"] == "warning" and notice["message"], notice)
        check(all(event["type"] != "thread.item.done" for event in events), events)
        told = await page.post(
            "threads.sync_custom_action", status=422, thread_id=thread, item_id=sender, action=action
        )
        equal(told["error"], notice["message"], "both ways say the same")
    await page.post("threads.get_by_id", status=404, thread_id="thr_nothing")
    await page.post("threads.custom_action", status=404, thread_id=thread, item_id="msg_nothing", action=action)
    for body in ("", "nonsense", '{"type": "nope"}'):
        response = await page.client.post("/chatkit", content=body)
        equal((response.status_code, list(response.json())), (400, ["error"]), f"{body!r}")
    hosts = ({"host": "evil.example"}, 400), ({"host": "localhost"}, 200)
    for header, status in ({"origin": "https://evil.example"}, 403), *hosts:
        body = json.dumps({"type": "threads.list", "params": {}})
        response = await page.client.post("/chatkit", content=body, headers=header)
        equal(response.status_code, status, str(header))


async def unreachable(thread, sender, action):
    """With no server there is a sentence, whichever way the user asked."""
    os.environ.pop("TOOLFACE_STDIO", None)
    os.environ["TOOLFACE_URL"] = "http://127.0.0.1:9/mcp"
    given = {"type": action["type"], "payload": action["payload"]}
    async with served(ScriptedModel()) as page:
        told = await page.post(
            "threads.sync_custom_action", status=503, thread_id=thread, item_id=sender, action=given
        )
        check("cannot be reached" in told["error"], told)
        (notice,) = [event for event in await page.act(thread, sender, action) if event["type"] == "notice"]
        equal(notice["message"], told["error"], "both ways say the same")
        (error,) = [event for event in await page.say(fails=True) if event["type"] == "error"]
        equal(error["message"], told["error"], "and so does a turn")


async def at_once(page, action, thread, sender):
    """An action with `streaming: false`: the sender itself changes. Its new widget's actions are those of its tool."""
    given = {"type": action["type"], "payload": action["payload"]}
    told = await page.post("threads.sync_custom_action", thread_id=thread, item_id=sender, action=given)
    equal(told["updated_item"]["id"], sender, "the changed item")
    equal(told["updated_item"]["widget"], action["tree"], "the tree at once")
    equal((await page.items(thread))[sender]["widget"], action["tree"], "the stored tree")
    again = await page.post("threads.sync_custom_action", status=422, thread_id=thread, item_id=sender, action=given)
    check(action["type"] in again["error"], again)


async def recall(page, model, thread, question, widgets):
    """Widgets of earlier turns are a sentence each to the model, made of what it may know."""
    await page.say(thread)
    parts = [part["text"] for item in model.last_call.input for part in item["content"]]
    sentences = [text for text in parts if "showed the user" in text]
    equal(len(sentences), widgets, "a sentence per widget")
    check(question["widget_id"] in sentences[0], "the widget's id", sentences)
    for sentence in sentences:
        check(len(sentence) < 400, "no short sentence", sentence)
        check("children" not in sentence and "Title" not in sentence, "the model reads the tree", sentence)


async def check_store(given):
    """Whatever a tree is made of, it comes back from ChatKit's types and from the store as it was."""
    from datetime import datetime

    from chatkit.server import ChatKitServer
    from chatkit.store import NotFoundError
    from chatkit.types import ThreadItemDoneEvent, ThreadMetadata, WidgetItem
    from chatkit.widgets import DynamicWidgetRoot

    from store import Caller, SqliteStore

    store, me = SqliteStore(":memory:"), Caller("me")
    now = datetime.now()
    await store.save_thread(ThreadMetadata(id="thr_1", created_at=now), me)
    for n, tree in enumerate(given["trees"]):
        widget = DynamicWidgetRoot.model_validate(tree)
        item = WidgetItem(id=f"msg_{n}", thread_id="thr_1", created_at=now, widget=widget)
        await store.save_item("thr_1", item, me)
        for one in (item, await store.load_item("thr_1", item.id, me)):
            sent = ChatKitServer._serialize(store, ThreadItemDoneEvent(item=one))
            equal(json.loads(sent)["item"]["widget"], tree, f"tree {n}")
    seen, after = [], None
    while True:
        page = await store.load_thread_items("thr_1", after, 3, "asc", me)
        seen += [item.id for item in page.data]
        if not (after := page.after):
            break
    equal(seen, [f"msg_{n}" for n in range(len(given["trees"]))], "pages")
    other = Caller("other")
    for nosy in (store.load_thread("thr_1", other), store.load_item("thr_1", "msg_0", other)):
        with contextlib.suppress(NotFoundError):
            raise AssertionError(f"another user sees {await nosy}")
    await store.delete_thread("thr_1", other)
    equal((await store.load_threads(9, None, "asc", other)).data, [], "threads of another user")
    equal(len((await store.load_threads(9, None, "asc", me)).data), 1, "threads")


def check_fields():
    """Fields of a form give text; a tool is given what it takes."""
    from chat import _ABSENT, _taken

    for text, accepts, value in [
        ("4", "number", 4), (" 4.5 ", "number", 4.5), ("-12345678901234567890", "number", -12345678901234567890),
        ("four", "number", "four"), ("nan", "number", "nan"), ("1e999", "number", "1e999"), ("", "number", _ABSENT),
        ("true", "boolean", True), ("no", "boolean", "no"), ("", "filled", _ABSENT), ("", "text", ""), (7, "text", 7),
    ]:
        equal(_taken({"a": {"b": text}}, {"field": "a.b", "accepts": accepts}), value, f"{text!r} as {accepts}")
    equal(_taken({}, {"field": "a.b", "accepts": "text"}), _ABSENT, "a field that is not there")


async def check_chat(given, project):
    questions, actions = given["questions"], given["actions"]
    script = [step for question in questions for step in steps(project, question)]
    model = ScriptedModel([*script, *(says("and that is that") for _ in questions)])
    async with served(model) as page:
        home = await page.client.get("/")
        check("openai-chatkit" in home.text and home.status_code == 200, home.text)
        threads = [await ask(page, question) for question in questions]
        for action in actions:
            await act(page, *threads[action["after"]], action)
        track = next(action for action in actions if action["type"] == "order.track")
        await refusals(page, *threads[track["after"]])
        added = [action["after"] for action in actions if not action["replaces"]]
        replaced = [action["after"] for action in actions if action["replaces"]]
        for n, question in enumerate(questions):
            if n not in replaced:
                await recall(page, model, threads[n][0], question, 1 + added.count(n))
            else:
                await page.say(threads[n][0])
        for word in given["hidden"]:
            check(word not in "".join(str(call.input) for call in model.calls), "the model reads what is private", word)
        await at_once(page, track, *threads[track["after"]])
        model.assert_complete()
    async with served(ScriptedModel()) as page:
        for thread, sender in threads:
            about = await page.post("threads.get_by_id", thread_id=thread)
            check(any(item["id"] == sender for item in about["items"]["data"]), "the thread is gone")
            equal(about.get("allowed_image_domains"), given["image_domains"], "image domains")
        listed = await page.post("threads.list")
        equal({one["id"] for one in listed["data"]}, {thread for thread, _ in threads}, "threads")
    stock = next(action for action in actions if action["type"] == "stock.open")
    await unreachable(*threads[stock["after"]], stock)


def main():
    given = order()
    import project

    check_fields()
    asyncio.run(check_store(given))
    print("ok the store", flush=True)
    asyncio.run(check_chat(given, project.load()))
    stayed()
    print("ok the chat")


if __name__ == "__main__":
    main()
