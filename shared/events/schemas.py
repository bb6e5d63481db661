"""What the audit trail is asked for, and what it answers."""

from marshmallow import validate

from shared.http.fields import Id, Query, QueryInteger, Text, about
from shared.http.local_time import DATES, timezone_in_query

MOST_EVENTS = 1000


class EventQuery(Query):
    """Which events, and how many at a time."""

    item_id = Id(
        load_default=None, metadata=about("Only events of this item. Required unless the caller is an administrator.")
    )
    container_id = Text(
        load_default=None, metadata=about("Only events of this kind of item, for example `time_entry`.")
    )
    user_id = Id(load_default=None, metadata=about("Only changes that this user made."))
    start_date = Text(load_default=None, metadata=about(f"Only events from this time on. {DATES}"))
    end_date = Text(load_default=None, metadata=about(f"Only events before this time. {DATES}"))
    timezone = timezone_in_query("UTC")
    limit = QueryInteger(
        load_default=100, validate=validate.Range(1, MOST_EVENTS), metadata=about("The maximum number of events.")
    )
    continuation = Text(load_default=None, metadata=about("The `continuation` of the previous page."))
