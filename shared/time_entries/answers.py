"""What the time-entries calls answer, and how an entry is shown."""

from collections.abc import Iterator, Sequence
from typing import Any

from marshmallow import fields, validate

from shared.auth.caller import Caller
from shared.catalog.references import names_for
from shared.cosmos.items import Document
from shared.events.answers import AuditEvent
from shared.http.fields import Answer, Boolean, Id, Instant, Item, Technologies, Text, about
from shared.instants import DEFAULT_TIMEZONE_OFFSET
from shared.time_entries.entry import DEFAULTS
from shared.time_entries.schemas import TimeEntryBody
from shared.users.directory import directory
from shared.users.rules import Users


class TimeEntry(Item, TimeEntryBody):
    """A time entry, with the names of its project, customer and activity."""

    class Meta:
        exclude = ("update_last_entry_if_overlap",)

    id = Id(metadata=about("The id of the time entry, set by the server.", "b7c8d5a4-3a8e-4a59-8b0f-0d9f6f3c4e03"))
    tenant_id = Id(
        metadata=about("The tenant (organisation) that it belongs to.", "5f1d6a3e-7c0b-4d29-9b57-2f4f1f0c9a11")
    )
    owner_id = Id(metadata=about("The user whose time it is.", "2d9f7b61-9e0f-4f0a-8f43-1b6c5e7a8d06"))
    start_date = Instant(metadata=about("When it starts, in UTC with seven decimals.", "2026-01-05T14:00:00.0000000Z"))
    end_date = Instant(
        allow_none=True, metadata=about("When it ends; null while it is running.", "2026-01-05T15:30:00.0000000Z")
    )
    technologies = Technologies(metadata=about("The technologies used.", ["Python", "Cosmos DB"]))
    timezone_offset = fields.Integer(
        metadata=about(
            "Minutes from the local time of its author to UTC, as given when it was written.", DEFAULT_TIMEZONE_OFFSET
        )
    )
    billable = Boolean(metadata=about("Whether the work is billable.", True))
    running = Boolean(metadata=about("Whether it is running, that is, has no end.", False))
    project_name = Text(
        metadata=about("The name of the project, followed by ` (archived)` if the project is deleted.", "Backend")
    )
    customer_id = Id(
        allow_none=True,
        metadata=about("The customer of the project; null if it has none.", "0b9a5d3e-1f43-4c53-9d0e-6a1f1f1f7a01"),
    )
    customer_name = Text(metadata=about("The name of the customer; empty if there is none.", "Acme"))
    activity_name = Text(
        metadata=about("The name of the activity, followed by ` (archived)` if the activity is deleted.", "Development")
    )
    owner_email = Text(allow_none=True, metadata=about("The owner's e-mail; null if unknown.", "ada@example.com"))
    deleted = Id(allow_none=True, metadata=about("Null, or a UUID if it is deleted.", None))


class RunningTimeEntry(TimeEntry):
    """The running time entry, with the end that is proposed for it once it counts as forgotten."""

    proposed_end_date = Instant(
        allow_none=True,
        metadata=about("If it seems forgotten, 8 hours after its start; otherwise null. It is not stopped.", None),
    )


class TimeEntryPage(Answer):
    """A page of time entries."""

    records_total = fields.Integer(metadata=about("The number of entries on all pages.", 1))
    data = fields.List(fields.Nested(TimeEntry), metadata=about("The time entries, newest start first."))


class EntryState(TimeEntry):
    """What a time entry was: its own fields, without the names of what it refers to."""

    class Meta:
        exclude = (
            "update_last_entry_if_overlap",
            "running",
            "project_name",
            "customer_id",
            "customer_name",
            "activity_name",
            "owner_email",
        )


class EntryEvent(AuditEvent):
    """An event of a time entry, and what the entry was after it."""

    state = fields.Nested(
        EntryState, allow_none=True, metadata=about("The time entry after the event; null where it was deleted.")
    )


class EntryHistory(Answer):
    """The events of a time entry."""

    data = fields.List(fields.Nested(EntryEvent), metadata=about("The events, oldest first."))
    known_since = Instant(
        allow_none=True,
        metadata=about("From when on the history is known; null where that is from the beginning.", None),
    )


class WorkedTime(Answer):
    """Worked time. The hours may exceed 24."""

    hours = fields.Integer(validate=validate.Range(min=0), metadata=about("Whole hours.", 5))
    minutes = fields.Integer(validate=validate.Range(0, 59), metadata=about("Whole minutes, 0 to 59.", 30))
    seconds = fields.Float(validate=validate.Range(0, 60), metadata=about("Seconds, with a fraction.", 12.5))


class Summary(Answer):
    """The caller's worked time. A running time entry counts up to now."""

    day = fields.Nested(WorkedTime, metadata=about("Worked in the current local day."))
    week = fields.Nested(WorkedTime, metadata=about("Worked in the current local week, which starts on Monday."))
    month = fields.Nested(WorkedTime, metadata=about("Worked in the current local month."))


async def shown_for(caller: Caller, entries: Sequence[Document]) -> Iterator[dict[str, Any]]:
    """The entries as they are answered to the caller, each made when its turn comes."""
    # One after the other: as a rule both are in memory, and a task for each would cost more than they do.
    names = await names_for(caller.tenant_id, entries)
    users = await _owners(caller, entries)
    return (
        {
            **own_shown(entry),
            **names.of(entry),
            "owner_email": _email(entry["owner_id"], caller, users),
        }
        for entry in entries
    )


def kept_fields(document: dict[str, Any]) -> dict[str, Any]:
    """The entry's fields, each with its default where the document has no value."""
    value_of = document.get
    return {name: default if (value := value_of(name)) is None else value for name, default in DEFAULTS.items()}


def own_shown(entry: Document) -> dict[str, Any]:
    """An entry with its own fields alone, and whether it is running."""
    shown = kept_fields(entry)
    shown["running"] = entry.get("end_date") is None
    return shown


async def _owners(caller: Caller, entries: Sequence[Document]) -> Users:
    """The owners, as far as they are known; the directory is not asked for the caller's own entries."""
    if all(entry["owner_id"] == caller.user_id for entry in entries):
        return {}
    return await directory().known_users(caller.tenant_id)


def _email(owner_id: str, caller: Caller, users: Users) -> str | None:
    if owner_id == caller.user_id:
        return caller.email
    owner = users.get(owner_id.lower())
    return owner.email or None if owner else None
