"""A person's data: all of it as a file, and its erasure.

Hours stay for the books, under an id that no longer leads to anyone here; what leaves is the free text of entries,
wherever a copy of it lies, and the person's name and e-mail. Both can be cut off and run again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from operations.pace import Pace
from shared import instants
from shared.audit import EVENT_FIELDS, EVENT_KIND, Actor, outbox_document, stamped
from shared.config import settings
from shared.cosmos import items
from shared.cosmos.containers import DEAD_LETTER, EVENT, TIME_ENTRY
from shared.cosmos.items import Change, Document
from shared.directory_file import FileDirectory
from shared.time_entries.timeline import read_timeline, without_system_fields

FREE_TEXT = ("description", "uri")

ENTRIES = "SELECT * FROM c WHERE NOT IS_DEFINED(c.kind)"
WITH_TEXT = f"{ENTRIES} AND (IS_STRING(c.description) OR IS_STRING(c.uri))"
OUTBOX = "SELECT * FROM c WHERE c.kind = @kind"
EVENTS = "SELECT * FROM c WHERE c.tenant_id = @tenant AND (c.owner_id = @user OR c.user_id = @user)"
EVENTS_OF_OWNER = "SELECT * FROM c WHERE c.tenant_id = @tenant AND c.owner_id = @user"
DEAD_LETTERS = "SELECT * FROM c WHERE c.document.tenant_id = @tenant AND c.document.owner_id = @user"


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data it is."""

    tenant_id: str
    user_id: str

    @property
    def partition(self) -> list[str]:
        """Where the person's entries lie."""
        return [self.tenant_id, self.user_id]

    @property
    def parameters(self) -> dict[str, str]:
        """The person in a query of a whole container."""
        return {"tenant": self.tenant_id, "user": self.user_id}


async def export(person: Person, pace: Pace) -> AsyncIterator[dict[str, Any]]:
    """All that is kept of a person: `{"kind": "user" | "time_entry" | "event", …}`, deleted entries included."""
    if user := await FileDirectory(settings().directory.file).find(person.tenant_id, person.user_id):
        yield {"kind": "user", "id": user.id, "name": user.name, "email": user.email}
    async for entry in pace.query(TIME_ENTRY, ENTRIES, {}, person.partition):
        yield {"kind": "time_entry", **without_system_fields(entry)}
    async for event in pace.query(EVENT, EVENTS, person.parameters):
        yield {"kind": "event", **without_system_fields(event)}


async def erase(person: Person, pace: Pace, done: Callable[[str], None]) -> None:
    """Blank the person's free text and forget name and e-mail; `done` is told of each document, by its container.

    The outbox documents come before the events that are made from them, so that none is made anew with the text.
    """
    async for entry in pace.query(TIME_ENTRY, WITH_TEXT, {}, person.partition):
        await _blank_entry(person, entry["id"])
        done(TIME_ENTRY)
    async for outbox in pace.query(TIME_ENTRY, OUTBOX, {"kind": EVENT_KIND}, person.partition):
        if (blank := _blank_event(outbox["event"])) != outbox["event"]:
            await pace.upsert(TIME_ENTRY, {**without_system_fields(outbox), "event": blank})
            done(TIME_ENTRY)
    async for event in pace.query(EVENT, EVENTS_OF_OWNER, person.parameters):
        if (blank := _blank_event(event)) != without_system_fields(event):
            await pace.upsert(EVENT, blank)
            done(EVENT)
    async for letter in pace.query(DEAD_LETTER, DEAD_LETTERS, person.parameters):
        await pace.upsert(DEAD_LETTER, {**without_system_fields(letter), "document": person.parameters, "error": ""})
        done(DEAD_LETTER)
    if settings().directory.file:
        await FileDirectory(settings().directory.file).remove(person.tenant_id, person.user_id)


async def _blank_entry(person: Person, entry_id: str) -> None:
    """Blank an entry and, if it is the running one, its copy in the timeline; the event says that, and not what."""
    actor = Actor(person.user_id, person.tenant_id, uuid4().hex, instants.now())

    async def attempt() -> Change[None]:
        timeline, entry = await asyncio.gather(
            read_timeline(*person.partition), items.read(TIME_ENTRY, entry_id, person.partition)
        )
        if entry is None:
            return Change(None)
        blank = without_system_fields(entry) | dict.fromkeys(FREE_TEXT)
        after = stamped(blank, actor, TIME_ENTRY, "erase", "Erase the free text of a time entry")
        event = outbox_document(after, after, actor)
        return Change(None, [items.replace(after, entry), timeline.after(blank).operation()], [event])

    await items.settle(TIME_ENTRY, person.partition, attempt)


def _blank_event(event: Document) -> Document:
    """The event with the contract's fields alone, and without what the free text was."""
    kept = {name: event.get(name) for name in EVENT_FIELDS}
    changes = {name: [None, None] if name in FREE_TEXT else pair for name, pair in event["changes"].items()}
    lifetime = {"ttl": event["ttl"]} if "ttl" in event else {}
    return {**kept, "changes": changes, **lifetime}
