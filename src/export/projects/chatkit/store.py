"""Threads and their items in SQLite, and for each widget which tool answered in it.

Statements are short and the file is local, so they run on the event loop; for many users put a database server here.
"""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from chatkit.store import NotFoundError, Store
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata
from chatkit.widgets import DynamicWidgetRoot
from pydantic import TypeAdapter

SCHEMA = """
create table if not exists thread (
    id text primary key, user text not null, created text not null, json text not null);
create table if not exists item (
    thread text not null references thread on delete cascade, id text not null, json text not null,
    tool text, summary text, primary key (thread, id));
"""
# Items are in the order they were added in, which is that of their rowid: two can have one time.


@dataclass(frozen=True)
class Caller:
    """Who asks. A thread is seen by the user who began it and by no other."""

    user: str


@dataclass(frozen=True)
class Origin:
    """Where a widget came from."""

    tool: str
    summary: str
    """What the model is told of it."""


_ITEM: TypeAdapter[ThreadItem] = TypeAdapter(ThreadItem)


def _item(text: str) -> ThreadItem:
    fields: dict[str, Any] = json.loads(text)
    if fields["type"] == "widget":
        # Left to itself pydantic takes the class of the root's name, which forgets what it does not know.
        fields["widget"] = DynamicWidgetRoot.model_validate(fields["widget"])
    return _ITEM.validate_python(fields)


class SqliteStore(Store[Caller]):
    """A ChatKit store in one file."""

    def __init__(self, file: str) -> None:
        """Opens the file, making it if it is not there; `:memory:` forgets all at the end."""
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.executescript("pragma foreign_keys = on; pragma journal_mode = wal;" + SCHEMA)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def origin(self, thread_id: str, item_id: str) -> Origin | None:
        """Which tool a widget came from; None if that is not known."""
        row = self._db.execute(
            "select tool, summary from item where thread = ? and id = ? and tool is not null", (thread_id, item_id)
        ).fetchone()
        return row and Origin(*row)

    async def save_widget(self, thread_id: str, item: ThreadItem, origin: Origin, context: Caller) -> None:
        """Adds or replaces a widget with its origin. Saved again without one, as ChatKit does, it keeps it."""
        await self.save_item(thread_id, item, context)
        self._db.execute(
            "update item set tool = ?, summary = ? where thread = ? and id = ?",
            (origin.tool, origin.summary, thread_id, item.id),
        )

    async def load_thread(self, thread_id: str, context: Caller) -> ThreadMetadata:
        """One thread of the caller."""
        row = self._db.execute(
            "select json from thread where id = ? and user = ?", (thread_id, context.user)
        ).fetchone()
        if row is None:
            raise NotFoundError(f"there is no thread {thread_id}")
        return ThreadMetadata.model_validate_json(row[0])

    async def save_thread(self, thread: ThreadMetadata, context: Caller) -> None:
        """Adds a thread, or changes one of the caller."""
        about = ThreadMetadata.model_validate(thread.model_dump(exclude={"items"}))
        saved = self._db.execute(
            "insert into thread values (?, ?, ?, ?) on conflict do update set json = excluded.json where user = ?",
            (about.id, context.user, about.created_at.isoformat(), about.model_dump_json(), context.user),
        )
        if saved.rowcount == 0:
            raise NotFoundError(f"there is no thread {about.id}")

    async def load_threads(self, limit: int, after: str | None, order: str, context: Caller) -> Page[ThreadMetadata]:
        """The caller's threads, by the time they began."""
        rows = self._db.execute(
            "select id, json from thread where user = ? order by created, id", (context.user,)
        ).fetchall()
        page = _page(rows, limit, after, order)
        return Page(
            data=[ThreadMetadata.model_validate_json(text) for text in page[0]], has_more=page[1], after=page[2]
        )

    async def delete_thread(self, thread_id: str, context: Caller) -> None:
        """Removes a thread of the caller with all that is in it."""
        self._db.execute("delete from thread where id = ? and user = ?", (thread_id, context.user))

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: Caller
    ) -> Page[ThreadItem]:
        """Items of a thread of the caller, in the order they came."""
        await self.load_thread(thread_id, context)
        rows = self._db.execute("select id, json from item where thread = ? order by rowid", (thread_id,)).fetchall()
        texts, has_more, last = _page(rows, limit, after, order)
        return Page(data=[_item(text) for text in texts], has_more=has_more, after=last)

    async def load_item(self, thread_id: str, item_id: str, context: Caller) -> ThreadItem:
        """One item of a thread of the caller."""
        await self.load_thread(thread_id, context)
        row = self._db.execute("select json from item where thread = ? and id = ?", (thread_id, item_id)).fetchone()
        if row is None:
            raise NotFoundError(f"there is no item {item_id}")
        return _item(row[0])

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: Caller) -> None:
        """Adds an item."""
        await self.save_item(thread_id, item, context)

    async def save_item(self, thread_id: str, item: ThreadItem, context: Caller) -> None:
        """Adds an item, or replaces it where it stands."""
        await self.load_thread(thread_id, context)
        self._db.execute(
            "insert into item (thread, id, json) values (?, ?, ?) on conflict do update set json = excluded.json",
            (thread_id, item.id, item.model_dump_json()),
        )

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Caller) -> None:
        """Removes an item."""
        await self.load_thread(thread_id, context)
        self._db.execute("delete from item where thread = ? and id = ?", (thread_id, item_id))

    # The page takes no attachments.

    async def save_attachment(self, attachment: Attachment, context: Caller) -> None:
        """Refuses."""
        raise NotImplementedError("attachments are off")

    async def load_attachment(self, attachment_id: str, context: Caller) -> Attachment:
        """Finds none."""
        raise NotFoundError(f"there is no attachment {attachment_id}")

    async def delete_attachment(self, attachment_id: str, context: Caller) -> None:
        """Finds none."""
        raise NotFoundError(f"there is no attachment {attachment_id}")


def _page(rows: list[tuple[str, str]], limit: int, after: str | None, order: str) -> tuple[list[str], bool, str | None]:
    """The texts after the row of that id, whether there are more, and the id to go on after."""
    if order == "desc":
        rows.reverse()
    if after is not None:
        start = next((n + 1 for n, (id, _) in enumerate(rows) if id == after), len(rows))
        rows = rows[start:]
    shown = rows[:limit]
    more = len(rows) > len(shown)
    return [text for _, text in shown], more, shown[-1][0] if more else None
