"""What the time-entries calls take: bodies and queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate

from shared import instants
from shared.fields import (
    DEFAULT_TIMEZONE_OFFSET,
    Body,
    CommaList,
    Flag,
    Id,
    Instant,
    Query,
    Technologies,
    Text,
    offset_in_body,
    offset_in_query,
)

MOST_ENTRIES = 9999
EVERYONE = "*"


class TimeEntryBody(Body):
    """A time entry as the client writes it."""

    defaults: ClassVar = {"technologies": [], "timezone_offset": DEFAULT_TIMEZONE_OFFSET}

    project_id = Id(required=True)
    activity_id = Id(required=True)
    description = Text(allow_none=True, load_default=None, validate=validate.Length(max=1500))
    start_date = Instant(allow_none=True, load_default=None)
    end_date = Instant(allow_none=True, load_default=None)
    uri = Text(allow_none=True, load_default=None, validate=validate.Length(max=2000))
    technologies = Technologies(allow_none=True, load_default=[])
    timezone_offset = offset_in_body()
    update_last_entry_if_overlap = Flag(allow_none=True, load_default=False)


@dataclass(frozen=True, slots=True)
class ListFilters:
    """Which entries a list holds. `owners`: None is the caller, `["*"]` everyone but `hidden` (in lower case)."""

    first: datetime
    beyond: datetime
    owners: list[str] | None = None
    projects: list[str] | None = None
    activities: list[str] | None = None
    uri: str | None = None
    hidden: frozenset[str] = frozenset()


class RangeQuery(Query):
    """The filters that list and paginated share."""

    project_id = CommaList(load_default=None)
    activity_id = CommaList(load_default=None)
    uri = Text(load_default=None)
    user_id = CommaList(EVERYONE, load_default=None)
    start_date = Text(load_default=None)
    end_date = Text(load_default=None)
    month = fields.Integer(load_default=None, validate=validate.Range(1, 12))
    year = fields.Integer(load_default=None, validate=validate.Range(1900, 9998))
    timezone_offset = offset_in_query()


class ListQuery(RangeQuery):
    """The query of the list."""

    limit = fields.Integer(load_default=MOST_ENTRIES, validate=validate.Range(1, MOST_ENTRIES))


class PageQuery(RangeQuery):
    """The query of the paginated list."""

    start = fields.Integer(load_default=0, validate=validate.Range(0, 10**9))
    length = fields.Integer(load_default=10, validate=validate.Range(1, MOST_ENTRIES))


class SummaryQuery(Query):
    """The query of the summary."""

    time_offset = offset_in_query()


def filters_of(query: dict[str, Any], now: datetime) -> ListFilters:
    """The filters that a range query asks for; raises ValidationError for a bad range."""
    first, beyond = _range_of(query, now)
    return ListFilters(first, beyond, query["user_id"], query["project_id"], query["activity_id"], query["uri"])


def _range_of(query: dict[str, Any], now: datetime) -> tuple[datetime, datetime]:
    """`start_date` and `end_date` where either is given, a local month otherwise."""
    offset = query["timezone_offset"]
    if query["start_date"] is None and query["end_date"] is None:
        today = instants.to_local(now, offset)
        return instants.month_of(query["year"] or today.year, query["month"] or today.month, offset)
    first = _instant(query, "start_date", offset) or instants.EARLIEST
    beyond = _instant(query, "end_date", offset) or instants.LATEST
    if beyond <= first:
        raise ValidationError("Must be after start_date.", "end_date")
    return first, beyond


def _instant(query: dict[str, Any], name: str, offset: int) -> datetime | None:
    text = query[name]
    if text is None:
        return None
    try:
        return instants.parse_instant(instants.with_plus(text), offset)
    except ValueError as error:
        raise ValidationError("Not an ISO 8601 date and time.", name) from error
