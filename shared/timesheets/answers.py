"""What the timesheets calls answer, and how a timesheet is shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import fields

from shared.auth.caller import Caller
from shared.cosmos.items import Document
from shared.http.fields import Answer, Choice, Id, Instant, Item, Text, about
from shared.reports.answers import Amounts
from shared.timesheets.rules import PERIOD, STATES

USER_ID = "2d9f7b61-9e0f-4f0a-8f43-1b6c5e7a8d06"
DIGEST = "v1:sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
# What is shown as it is kept.
FIELDS = (*PERIOD, "comment", "history", "entries", "digest")


class Decision(Answer):
    """A step of a timesheet."""

    date = Instant(metadata=about("When it was taken.", "2026-12-01T09:00:00.0000000Z"))
    user_id = Id(metadata=about("The user who took it.", USER_ID))
    status = Choice("TimesheetStatus", STATES, metadata=about("The state that it led to."))
    comment = Text(allow_none=True, metadata=about("Why; null if nothing was said.", None))


class Timesheet(Item):
    """A period that was submitted. While it is submitted or approved, nothing in it can be changed."""

    id = Id(metadata=about("The id of the timesheet, set by the server.", "000b4d6c-6a1e-8d57-9f0b-0c3f5a7e1d20"))
    tenant_id = Id(
        metadata=about("The tenant (organisation) that it belongs to.", "5f1d6a3e-7c0b-4d29-9b57-2f4f1f0c9a11")
    )
    owner_id = Id(metadata=about("The user whose time it is.", USER_ID))
    start_date = fields.String(metadata=about("The first local day.", "2026-11-01"))
    end_date = fields.String(metadata=about("The last local day.", "2026-11-30"))
    timezone = Text(metadata=about("The time zone of these days.", "America/Guayaquil"))
    start = Instant(metadata=about("When the period begins. It never moves again.", "2026-11-01T05:00:00.0000000Z"))
    end = Instant(metadata=about("When it ends, exclusive. It never moves again.", "2026-12-01T05:00:00.0000000Z"))
    status = Choice("TimesheetStatus", STATES, metadata=about("The state that it is in."))
    comment = Text(allow_none=True, metadata=about("What the owner said about it.", "Two days of leave"))
    history = fields.List(fields.Nested(Decision), metadata=about("Its steps, oldest first."))
    seconds = fields.Float(metadata=about("The time that was submitted, in seconds.", 594000.0))
    entries = fields.Integer(metadata=about("The number of time entries that were submitted.", 84))
    amounts = fields.List(
        fields.Nested(Amounts),
        allow_none=True,
        metadata=about(
            "For administrators, what it amounts to: as it was approved, else by the rates of now. In a list, null"
            " until it is approved. Empty for others."
        ),
    )
    digest = Text(metadata=about("The digest of the time entries that were submitted.", DIGEST))


class Difference(Answer):
    """A time entry that is not as it was submitted."""

    id = Id(metadata=about("The id of the time entry.", "b7c8d5a4-3a8e-4a59-8b0f-0d9f6f3c4e03"))
    reason = Choice("DifferenceReason", ("changed", "missing", "added"), metadata=about("What became of it."))


class Verification(Answer):
    """Whether the period's time entries are as they were submitted."""

    intact = fields.Boolean(metadata=about("Whether they are: the digests agree.", True))
    entries = fields.List(fields.Nested(Difference), metadata=about("The time entries that differ."))
    amounts_now = fields.List(
        fields.Nested(Amounts),
        metadata=about(
            "For administrators, what the period amounts to now, by the rates of now. Left out for others.",
            optional=True,
        ),
    )


class MissingTimesheet(Answer):
    """A user who has worked in the period, and has not submitted all of it."""

    user_id = Id(metadata=about("The user.", USER_ID))
    email = Text(metadata=about("Their e-mail; empty if unknown.", "ada@example.com"))
    name = Text(metadata=about("Their name; empty if unknown.", "Ada Andrade"))
    seconds = fields.Float(metadata=about("The time that no timesheet covers, in seconds.", 28800.0))


class MissingTimesheets(Answer):
    """Who has not submitted."""

    data = fields.List(fields.Nested(MissingTimesheet), metadata=about("The users, in the order of their ids."))


def shown(timesheet: Mapping[str, Any], caller: Caller, amounts: Sequence[Document] | None = None) -> dict[str, Any]:
    """A timesheet as it is answered. `amounts`: what it amounts to, where that is not kept."""
    kept = timesheet.get("amounts")
    return {
        **{name: timesheet[name] for name in FIELDS},
        "seconds": timesheet["milliseconds"] / 1000,
        "amounts": (amounts if kept is None else kept) if caller.may_see_amounts else [],
    }
