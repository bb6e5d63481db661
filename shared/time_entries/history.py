"""What an entry was after each of its events: rebuilt from what is, back through the changes that the events hold.

The newest events may still wait in the outbox, so that both are read. An event whose changes do not lead to the state
that was found behind it, because events between them are gone, ends the way back: what is older is not known, and
nothing is guessed.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from shared.cosmos import items
from shared.cosmos.containers import EVENT, TIME_ENTRY
from shared.cosmos.items import Document
from shared.events.answers import shown
from shared.instants import format_instant
from shared.time_entries.answers import kept_fields
from shared.time_entries.entry import DEFAULTS

DELIVERED = "SELECT * FROM c WHERE c.item_id = @id"
WAITING = 'SELECT VALUE c.event FROM c WHERE c.kind = "event" AND c.event.item_id = @id'
READINGS = 4
# What an erasure blanks, in the entry and in its events.
ERASE = "erase"
TEXTS = frozenset({"description", "uri", "technologies"})

# An entry's fields by name, without what has no value.
State = dict[str, Any]


class Step(NamedTuple):
    """An event, and the entry's fields before and after it."""

    event: Document
    before: State
    after: State

    @property
    def has_changed_it(self) -> bool:
        return self.before != self.after


class History(NamedTuple):
    """An entry as it is, and its steps, oldest first, as far back as they are known."""

    entry: Document
    steps: list[Step]

    @property
    def is_whole(self) -> bool:
        """Whether it goes back to the making of the entry."""
        return bool(self.steps) and not self.steps[0].before


async def read(partition: list[str], entry_id: str) -> History | None:
    """The history of an entry, deleted or not, that lies in its owner's partition; None where there is no such entry.

    A point read, then two queries side by side. A write that comes between them has an event that does not lead to what
    was read: then all of it is read again.
    """
    for reading in range(1, READINGS + 1):
        entry = await items.read(TIME_ENTRY, entry_id, partition)
        if entry is None or not items.is_item(entry):
            return None
        delivered, waiting = await asyncio.gather(
            items.query(EVENT, DELIVERED, {"id": entry_id}, [partition[0], entry_id]),
            items.query(TIME_ENTRY, WAITING, {"id": entry_id}, partition),
        )
        events = {event["id"]: event for event in (*delivered, *waiting)}
        history = History(entry, steps(entry, events.values()))
        if history.steps or not events or reading == READINGS:
            return history
    raise AssertionError("unreachable: the last reading returns")


def steps(entry: Mapping[str, Any], events: Iterable[Document]) -> list[Step]:
    """The entry's steps, oldest first, from the earliest on that is known."""
    found: list[Step] = []
    state = state_of(entry)
    is_erased = False
    for event in sorted(events, key=lambda one: str(one["date"]), reverse=True):
        changes = {name: pair for name, pair in event["changes"].items() if name in DEFAULTS}
        is_erased = is_erased or event["action"] == ERASE
        if is_erased:
            # What it said before that is gone, whether or not the erasure has come to its event.
            changes = {name: pair for name, pair in changes.items() if name not in TEXTS}
        if any(state.get(name) != after for name, (_, after) in changes.items()):
            break
        before = state_of(state | {name: pair[0] for name, pair in changes.items()})
        if changes.get("id", [""])[0] is None:
            # It made the entry; a version that knew fewer fields may have named fewer of them.
            before = {}
        found.append(Step(event, before, state))
        if not before:
            break
        state = before
    return found[::-1]


def state_of(document: Mapping[str, Any]) -> State:
    """The fields of an entry that have a value: a missing one and null are the same."""
    return {name: value for name in DEFAULTS if (value := document.get(name)) is not None}


def shown_steps(history: History, now: datetime) -> dict[str, Any]:
    """The events, each with the entry's fields after it, null where it was deleted; and since when that is known."""
    data = [
        {**shown(step.event), "state": None if "deleted" in step.after else kept_fields(step.after)}
        for step in history.steps
    ]
    since = data[0]["date"] if data else format_instant(now)
    return {"data": data, "known_since": None if history.is_whole else since}
