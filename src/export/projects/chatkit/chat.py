"""The ChatKit back end: every tool's result is shown in its own widget, and the widgets' actions call tools."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from agents import Model, Runner, TResponseInputItem, UserError
from agents.mcp import MCPToolCustomDataContext
from chatkit.actions import Action
from chatkit.agents import AgentContext, ThreadItemConverter, stream_agent_response
from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer
from chatkit.types import (
    NoticeEvent,
    SyncCustomActionResponse,
    ThreadItemDoneEvent,
    ThreadItemReplacedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
    WidgetItem,
)
from chatkit.widgets import DynamicWidgetRoot
from mcp import MCPError
from mcp.types import TextContent
from openai.types.responses import ResponseInputTextParam
from openai.types.responses.response_input_item_param import Message

from project import Action as Binding
from project import Argument, Project
from store import Caller, Origin, SqliteStore
from team import WIDGET, Captured, Connect, ServerGone, build, captured

HISTORY = 60
"""Items of a thread the model is given, the newest."""

SUMMARY = 300
"""Characters the model is told of a widget."""


class ActionRefused(Exception):
    """What the user is told of an action that came to nothing."""


class _Converter(ThreadItemConverter):
    """Threads as the model reads them: a sentence for each widget instead of its JSON."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    async def widget_to_input(self, item: WidgetItem) -> TResponseInputItem:
        origin = self._store.origin(item.thread_id, item.id)
        text = origin.summary if origin else "A widget was shown to the user."
        return Message(type="message", role="user", content=[ResponseInputTextParam(type="input_text", text=text)])


@dataclass(frozen=True)
class _Answer:
    """A result with a widget, ready for a thread."""

    widget: DynamicWidgetRoot
    copy_text: str
    origin: Origin


def _answer(found: Captured) -> _Answer:
    widget = found["widget"]
    tree = DynamicWidgetRoot.model_validate(widget["tree"])
    return _Answer(tree, widget["copyText"], Origin(found["tool"], summary(found)))


def summary(found: Captured) -> str:
    """What the model is told of a widget. Made of the envelope, because the tree and the copy text may hold what only
    the user may see."""
    data: dict[str, Any] = found["envelope"]["data"]
    plain = [f"{name}: {value}" for name, value in data.items() if isinstance(value, str | int | float)]
    widget = found["widget"]
    text = f"[{found['tool']} showed the user the widget {widget['type']} ({widget['id']}). {'; '.join(plain)}"
    return (text if len(text) <= SUMMARY else text[:SUMMARY] + "…") + "]"


class ToolfaceChat(ChatKitServer[Caller]):
    """A ChatKit server whose agents and widgets are those of a Toolface server."""

    def __init__(self, project: Project, store: SqliteStore, connect: Connect, model: Model | None = None) -> None:
        super().__init__(store)
        self._project = project
        self._threads = store
        self._connect = connect
        self._model = model
        self._converter = _Converter(store)

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Caller
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Answers what was said last."""
        self._let_pictures_in(thread)
        items = await self._threads.load_thread_items(thread.id, None, HISTORY, "desc", context)
        history = await self._converter.to_agent_input(items.data[::-1])
        turn = AgentContext[Caller](thread=thread, store=self.store, request_context=context)
        try:
            async with self._connect() as tools:
                result = Runner.run_streamed(build(self._project, tools, self._model), history, context=turn)
                async for event in stream_agent_response(turn, result):
                    yield event
        except ServerGone as gone:
            raise CustomStreamError(str(gone), allow_retry=True) from gone

    async def action(
        self, thread: ThreadMetadata, action: Action[str, Any], sender: WidgetItem | None, context: Caller
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Calls the tool an action is bound to; its widget takes the sender's place or comes after the last item."""
        self._let_pictures_in(thread)
        try:
            binding = self._binding(action, sender)
            answer = await self._call(binding, action.payload)
        except (ActionRefused, ServerGone) as error:
            yield NoticeEvent(level="warning", message=str(error))
            return
        if sender is not None and binding["replaces"]:
            item = sender.model_copy(update={"widget": answer.widget, "copy_text": answer.copy_text})
            await self._threads.save_widget(thread.id, item, answer.origin, context)
            yield ThreadItemReplacedEvent(item=item)
        else:
            item = self._item(thread, answer, context)
            await self._threads.save_widget(thread.id, item, answer.origin, context)
            yield ThreadItemDoneEvent(item=item)

    async def sync_action(
        self, thread: ThreadMetadata, action: Action[str, Any], sender: WidgetItem | None, context: Caller
    ) -> SyncCustomActionResponse:
        """The same for actions with `streaming: false`: the sender itself is all that can change."""
        answer = await self._call(self._binding(action, sender), action.payload)
        if sender is None:
            return SyncCustomActionResponse()
        item = sender.model_copy(update={"widget": answer.widget, "copy_text": answer.copy_text})
        await self._threads.save_widget(thread.id, item, answer.origin, context)
        return SyncCustomActionResponse(updated_item=item)

    def _let_pictures_in(self, thread: ThreadMetadata) -> None:
        thread.allowed_image_domains = self._project["image_domains"] or None

    def _item(self, thread: ThreadMetadata, answer: _Answer, context: Caller) -> WidgetItem:
        return WidgetItem(
            id=self.store.generate_item_id("message", thread, context),
            thread_id=thread.id,
            created_at=datetime.now(),
            widget=answer.widget,
            copy_text=answer.copy_text,
        )

    def _binding(self, action: Action[str, Any], sender: WidgetItem | None) -> Binding:
        """What an action of this widget is bound to; of one the page sent by itself, what any widget binds it to."""
        tools = self._project["tools"]
        if sender is not None:
            origin = self._threads.origin(sender.thread_id, sender.id)
            tools = {name: tool for name, tool in tools.items() if origin and name == origin.tool}
        for tool in tools.values():
            if action.type in tool["actions"]:
                return tool["actions"][action.type]
        raise ActionRefused(f"Nothing is bound to the action {action.type}.")

    async def _call(self, binding: Binding, payload: Any) -> _Answer:
        values = {name: _taken(payload, argument) for name, argument in binding["arguments"].items()}
        arguments = {name: value for name, value in values.items() if value is not _ABSENT}
        try:
            async with self._connect() as tools:
                result = await tools.call_tool(binding["tool"], arguments)
        except ServerGone:
            raise
        except (MCPError, UserError) as error:
            raise ActionRefused(str(error)) from error
        widget = (result.meta or {}).get(WIDGET)
        if result.is_error or widget is None:
            said = " ".join(block.text for block in result.content if isinstance(block, TextContent))
            raise ActionRefused(said or f"{binding['tool']} answered nothing that can be shown.")
        return _answer({"tool": binding["tool"], "envelope": dict(result.structured_content or {}), "widget": widget})


async def show(context: MCPToolCustomDataContext) -> None:
    """Streams the widget of a result the moment it is there, before the model goes on."""
    turn = context.run_context.context
    found = captured(context)
    if found is None or not isinstance(turn, AgentContext):
        return
    answer = _answer(found)
    item = WidgetItem(
        id=turn.generate_id("message"),
        thread_id=turn.thread.id,
        created_at=datetime.now(),
        widget=answer.widget,
        copy_text=answer.copy_text,
    )
    if isinstance(turn.store, SqliteStore):
        await turn.store.save_widget(turn.thread.id, item, answer.origin, turn.request_context)
    await turn.stream(ThreadItemDoneEvent(item=item))


_ABSENT = object()


def _taken(payload: Any, argument: Argument) -> Any:
    """A field as the argument takes it. An empty field that it could not take was not filled in."""
    value, accepts = _at(payload, argument["field"]), argument["accepts"]
    if not isinstance(value, str) or accepts in ("text", "other"):
        return value
    said = value.strip()
    if said == "":
        return _ABSENT
    if accepts == "boolean":
        return {"true": True, "false": False}.get(said, value)
    if accepts == "number":
        try:
            number = int(said) if said.lstrip("+-").isdecimal() else float(said)
        except ValueError:
            return value
        return number if isfinite(number) else value
    return value


def _at(payload: Any, field: str) -> Any:
    """The field of that name, else the nested one that a dotted name leads to."""
    if isinstance(payload, dict) and field in payload:
        return payload[field]
    for name in field.split("."):
        if not isinstance(payload, dict) or name not in payload:
            return _ABSENT
        payload = payload[name]
    return payload
