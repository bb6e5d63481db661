"""What the timesheets calls take: bodies and queries."""

from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from shared.http.fields import Body, CommaList, Query, QueryInteger, Text, about, given_parts
from shared.http.local_time import PlainDate, TimeZone, timezone_in_query
from shared.time_entries.schemas import EVERYONE, cursor_in_query
from shared.timesheets.rules import STATES

LONGEST_COMMENT = 1500
MOST_TIMESHEETS = 1000
DEFAULT_TIMESHEETS = 100


def _comment(description: str) -> Text:
    return Text(
        allow_none=True, load_default=None, longest=LONGEST_COMMENT, metadata=about(description, "Two days of leave")
    )


class TimesheetBody(Body):
    """A period that its owner submits."""

    start_date = PlainDate(required=True, metadata=about("The first local day.", "2026-11-01"))
    end_date = PlainDate(required=True, metadata=about("The last local day.", "2026-11-30"))
    timezone = TimeZone(
        required=True,
        metadata=about("The time zone of these days, by its name in the IANA database.", "America/Guayaquil"),
    )
    comment = _comment("What the owner has to say about it.")

    @post_load
    def named(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """A wrong guess would lock the wrong evenings: what a browser says that can't tell its zone is none."""
        if data["timezone"] is None:
            raise ValidationError("Missing data for required field.", "timezone")
        return data


class DecisionBody(Body):
    """A word to what is done with a timesheet."""

    comment = _comment("Why.")


class StateList(fields.String):
    """States of timesheets, separated by commas."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:  # type: ignore[override]  # noqa: ARG002
        states = given_parts(str(value))
        if unknown := next((state for state in states if state not in STATES), None):
            raise ValidationError(f"There is no state {unknown!r}; there are: {', '.join(STATES)}.")
        return states


class _ListQuery(Query):
    """What makes a list a list."""

    cursor = cursor_in_query()
    limit = QueryInteger(
        load_default=DEFAULT_TIMESHEETS,
        validate=validate.Range(1, MOST_TIMESHEETS),
        metadata=about("How many at most.", DEFAULT_TIMESHEETS),
    )


class TimesheetQuery(_ListQuery):
    """The filters of the list."""

    user_id = CommaList(
        EVERYONE,
        load_default=None,
        metadata=about(
            "For administrators: whose timesheets, as ids separated by commas, or `*` for everyone's.",
            ["2d9f7b61-9e0f-4f0a-8f43-1b6c5e7a8d06"],
        ),
    )
    status = StateList(
        load_default=None, metadata=about("Only timesheets in these states, separated by commas.", "submitted")
    )
    start_date = PlainDate(
        load_default=None, metadata=about("Only periods that end on this date or later.", "2026-11-01")
    )
    end_date = PlainDate(
        load_default=None, metadata=about("Only periods that begin on this date or before.", "2026-11-30")
    )

    @post_load
    def in_order(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return _in_order(data)


class MissingQuery(_ListQuery):
    """The period that timesheets are looked for in."""

    # API Management takes no required query parameter, so these are checked below.
    start_date = PlainDate(load_default=None, metadata=about("The first local day. It must be given.", "2026-11-01"))
    end_date = PlainDate(load_default=None, metadata=about("The last local day. It must be given.", "2026-11-30"))
    timezone = timezone_in_query("UTC")

    @post_load
    def in_order(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if lacking := [name for name in ("start_date", "end_date") if data[name] is None]:
            raise ValidationError({name: ["Missing data for required field."] for name in lacking})
        return _in_order(data)


def _in_order(data: dict[str, Any]) -> dict[str, Any]:
    first, last = (date.fromisoformat(data[name]) if data[name] else None for name in ("start_date", "end_date"))
    if first and last and last < first:
        raise ValidationError("Must not be before start_date.", "end_date")
    return data
