"""Local time in queries: the time zone that a caller names, and the ranges of dates that it makes instants of."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields

from shared import instants
from shared.http.fields import Text, about

# What a browser says that can't tell its own zone (ECMA-402).
UNKNOWN_ZONE = "etc/unknown"
PLAIN_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# What a range's dates may be, for the descriptions of such fields.
DATES = "With an offset or `Z` it is an instant; without one, it is local time. A plain date is a whole local day."


NO_ZONE = "Not a time zone of the IANA database, such as America/Guayaquil."
# The longest name of the database has 32 letters.
LONGEST_ZONE = 100


class TimeZone(fields.Field[ZoneInfo]):
    """A name of the IANA database in a query; what browsers say when they can't tell counts as absent."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> ZoneInfo | None:  # type: ignore[override]  # noqa: ARG002
        if not isinstance(value, str) or len(value) > LONGEST_ZONE:
            raise ValidationError(NO_ZONE)
        # The `+` of `Etc/GMT+5` may have become a blank; no name has one.
        name = value.strip().replace(" ", "+")
        if name.lower() == UNKNOWN_ZONE:
            return None
        try:
            return instants.zone_named(name)
        except ValueError as error:
            raise ValidationError(NO_ZONE) from error


class PlainDate(Text):
    """A date, `2026-11-01`, kept as it is written."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            if PLAIN_DATE.fullmatch(text):
                return date.fromisoformat(text).isoformat()
        except ValueError:
            pass
        raise ValidationError("Not a date, such as 2026-11-01.")


def timezone_in_query(otherwise: str) -> TimeZone:
    """The zone that local time is in. `otherwise` says what is used without it."""
    return TimeZone(
        load_default=None,
        metadata=about(
            f"The caller's time zone, by its name in the IANA database. By default, {otherwise}.",
            "America/Guayaquil",
        ),
    )


def range_asked(query: Mapping[str, Any], zone: tzinfo) -> tuple[datetime, datetime]:
    """The instants `[first, beyond)` of a query's `start_date` and `end_date`; one that is not given is open.

    Empty, with `first == beyond`, where a clock change skips all that was asked for. Raises ValidationError for what
    is no date, and for an end that is not after its start.
    """
    first, opening = _edge(query, "start_date", zone) or (instants.EARLIEST, None)
    beyond, closing = _edge(query, "end_date", zone, last=True) or (instants.LATEST, None)
    if beyond > first:
        return first, beyond
    if opening and closing and opening < closing:
        return first, first
    raise ValidationError("Must be after start_date.", "end_date")


def _edge(
    query: Mapping[str, Any], name: str, zone: tzinfo, *, last: bool = False
) -> tuple[datetime, datetime | None] | None:
    """The instant, and what was asked for by the wall clock, None if it was an instant already. None if not given."""
    if query[name] is None:
        return None
    text = instants.with_plus(query[name])
    try:
        if PLAIN_DATE.fullmatch(text):
            day = date.fromisoformat(text)
            if last:
                return instants.end_of_day(day, zone), datetime.combine(day, time.max)
            return instants.start_of_day(day, zone), datetime.combine(day, time.min)
        moment = instants.parse_moment(text)
        if moment.tzinfo:
            return moment, None
        return instants.from_local(moment, zone, last=last), moment
    except (ValueError, OverflowError) as error:
        raise ValidationError("Not an ISO 8601 date, or date and time.", name) from error
