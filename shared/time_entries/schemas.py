"""What the time-entries calls take: bodies and queries."""

from typing import Any

from marshmallow import validate

from shared.http.fields import (
    Body,
    Boolean,
    CommaList,
    Id,
    Instant,
    Query,
    QueryBoolean,
    QueryInteger,
    Technologies,
    Text,
    about,
    offset_in_body,
    offset_in_query,
)
from shared.http.local_time import DATES, timezone_in_query
from shared.time_entries.entry import DEFAULTS

MOST_ENTRIES = 9999
EVERYONE = "*"


def _optional(name: str) -> dict[str, Any]:
    """An entry's field that may be left out or null, which both stand for its default."""
    return {"allow_none": True, "load_default": DEFAULTS[name]}


class TimeEntryBody(Body):
    """A time entry as the client writes it."""

    project_id = Id(
        required=True, metadata=about("The project that was worked for.", "f4b4c1d8-0c55-4f0e-9f58-0d3c6c2a5b05")
    )
    activity_id = Id(
        required=True, metadata=about("The activity: the kind of work.", "c1f6a8f2-52f0-4c35-8b9f-7d0b5a9c1e04")
    )
    description = Text(
        **_optional("description"),
        longest=1500,
        metadata=about("What was done.", "Reviewed the import"),
    )
    start_date = Instant(
        **_optional("start_date"),
        metadata=about(
            "When it starts, in UTC if it has no offset. Without it, a new entry starts now.", "2026-01-05T14:00:00Z"
        ),
    )
    end_date = Instant(
        **_optional("end_date"),
        metadata=about("When it ends, in the past. Without it, a new entry is running.", "2026-01-05T15:30:00Z"),
    )
    uri = Text(
        **_optional("uri"),
        longest=2000,
        metadata=about("A reference to something elsewhere: a link, a ticket number.", "TT-42"),
    )
    technologies = Technologies(
        **_optional("technologies"),
        metadata=about("The technologies used. Repeated names are dropped.", ["Python", "Cosmos DB"]),
    )
    timezone_offset = offset_in_body()
    billable = Boolean(
        allow_none=True,
        load_default=None,
        metadata=about(
            "Whether the work is billable. Without it, a new entry takes the value of its project, and so does an entry"
            " that is given another project.",
            True,
        ),
    )
    update_last_entry_if_overlap = Boolean(
        allow_none=True,
        load_default=False,
        metadata=about(
            "If the new start lies in the previous time entry, end that entry there instead of refusing.",
            False,
        ),
    )


class RestoreBody(Body):
    """Which state a time entry goes back to."""

    event_id = Id(
        allow_none=True,
        load_default=None,
        metadata=about(
            "The event after which it was so, from its history. Without it, the last change is undone.",
            "9d3a1c70-2f0e-4a36-a7d9-5f6b8c2e1a07",
        ),
    )


def cursor_in_query() -> Text:
    """Where a list goes on, from the `Link` of the answer before."""
    return Text(
        longest=100_000,
        load_default=None,
        metadata=about(
            "Where to go on: follow the `Link` of the previous answer, which has it.",
            "WyIyMDI2LTAxLTA1VDE0OjAwOjAwLjAwMDAwMDBaIixbImI3YzhkNWE0LTNhOGUtNGE1OS04YjBmLTBkOWY2ZjNjNGUwMyJdXQ",
        ),
    )


class RangeQuery(Query):
    """The filters that list and paginated share."""

    project_id = CommaList(
        load_default=None,
        metadata=about(
            "Only time entries of these projects: ids, separated by commas.", ["f4b4c1d8-0c55-4f0e-9f58-0d3c6c2a5b05"]
        ),
    )
    activity_id = CommaList(
        load_default=None,
        metadata=about(
            "Only time entries of these activities: ids, separated by commas.", ["c1f6a8f2-52f0-4c35-8b9f-7d0b5a9c1e04"]
        ),
    )
    uri = Text(load_default=None, metadata=about("Only time entries with exactly this `uri`.", "TT-42"))
    user_id = CommaList(
        EVERYONE,
        load_default=None,
        metadata=about(
            "For administrators: the users whose entries to list, as ids separated by commas, or `*` for all.",
            ["2d9f7b61-9e0f-4f0a-8f43-1b6c5e7a8d06"],
        ),
    )
    start_date = Text(load_default=None, metadata=about(f"The start of the range. {DATES}", "2026-01-05"))
    end_date = Text(load_default=None, metadata=about(f"The end of the range. {DATES}", "2026-01-31"))
    month = QueryInteger(
        load_default=None,
        validate=validate.Range(1, 12),
        metadata=about("The local month to list if no range is given; by default, the current one.", 1),
    )
    year = QueryInteger(
        load_default=None,
        validate=validate.Range(1900, 9998),
        metadata=about("The year of that month; by default, the current one.", 2026),
    )
    timezone = timezone_in_query("`timezone_offset` is used")
    timezone_offset = offset_in_query()


class ListQuery(RangeQuery):
    """The query of the list."""

    cursor = cursor_in_query()

    deleted = QueryBoolean(
        load_default=False,
        metadata=about("With `true`, the caller's own time entries that are deleted, in place of the others.", False),
    )

    limit = QueryInteger(
        load_default=MOST_ENTRIES,
        validate=validate.Range(1, MOST_ENTRIES),
        metadata=about("The maximum number of time entries.", 100),
    )


class PageQuery(RangeQuery):
    """The query of the paginated list."""

    cursor = cursor_in_query()

    start = QueryInteger(
        load_default=0, validate=validate.Range(0, 10**9), metadata=about("The number of time entries to skip.", 0)
    )
    length = QueryInteger(
        load_default=10,
        validate=validate.Range(1, MOST_ENTRIES),
        metadata=about("The maximum number of time entries.", 100),
    )


class SummaryQuery(Query):
    """The query of the summary."""

    timezone = timezone_in_query("`time_offset` is used")
    time_offset = offset_in_query()
