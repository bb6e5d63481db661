"""The fields of a time entry, in one tuple, from which everything derives that has to name them all.

To add a field, add it here and declare it in `schemas.TimeEntryBody`, which says what a client may write in it. A test
fails where one of the two is missing, and where a list shows something else than `GET /time-entries/{id}`.
"""

from typing import Any, NamedTuple

from shared.instants import DEFAULT_TIMEZONE_OFFSET

# Migration 0002 has these from here, and a migration that was run does not change.
from shared.time_entries.rules import OVER_A_WEEK as OVER_A_WEEK  # noqa: PLC0414
from shared.time_entries.rules import length_mark as length_mark  # noqa: PLC0414


class Field(NamedTuple):
    """A field of an entry as it is kept.

    `default` is what a new entry has where the client gives nothing or null, and what is answered for a document
    without it.
    """

    name: str
    default: Any = None
    writable: bool = True


FIELDS = (
    Field("id", writable=False),
    Field("tenant_id", writable=False),
    Field("owner_id", writable=False),
    Field("project_id"),
    Field("activity_id"),
    Field("description"),
    Field("start_date"),
    Field("end_date"),
    Field("uri"),
    Field("technologies", []),
    Field("timezone_offset", DEFAULT_TIMEZONE_OFFSET),
    # A new entry has the value of its project (`rules.billable_after`). An older document without it is billable.
    Field("billable", True),
    Field("deleted", writable=False),
)
DEFAULTS = {field.name: field.default for field in FIELDS}
# The interval, which the rules decide on.
DATES = ("start_date", "end_date")
# What a client writes and the store keeps as it is.
PLAIN = tuple(field.name for field in FIELDS if field.writable and field.name not in DATES)
# What an entry keeps beside its fields: a digest of what the call that made it meant (see idempotency.py), and when the
# document that it was adopted from was written (`operations/adopt/`). It is no part of an answer or an event.
MEANING = "_meaning"
ADOPTED = "_adopted"
# Who asks for a partition knows whose it is.
PARTITION = ("tenant_id", "owner_id")
# The fields of a query `FROM c`. Lists need no more of a document, and one that is read all day, of one owner, less.
SELECTED = ", ".join(f"c.{field.name}" for field in FIELDS)
SELECTED_WITHIN_PARTITION = ", ".join(f"c.{field.name}" for field in FIELDS if field.name not in PARTITION)
