"""The query parameters of the audit trail."""

from marshmallow import validate

from shared.http.fields import Id, Query, QueryInteger, Text, about
from shared.http.local_time import DATES, timezone_in_query

MOST_EVENTS = 1000


class EventQuery(Query):
    """Which events, and how many a page."""

    item_id = Id(
        load_default=None,
        metadata=about(
            "Only events of this item. Required unless the caller is an administrator.",
            "b7c8d5a4-3a8e-4a59-8b0f-0d9f6f3c4e03",
        ),
    )
    container_id = Text(load_default=None, metadata=about("Only events of this kind of item.", "time_entry"))
    user_id = Id(
        load_default=None, metadata=about("Only changes that this user made.", "2d9f7b61-9e0f-4f0a-8f43-1b6c5e7a8d06")
    )
    start_date = Text(load_default=None, metadata=about(f"Only events from this time on. {DATES}", "2026-01-05"))
    end_date = Text(load_default=None, metadata=about(f"Only events before this time. {DATES}", "2026-01-31"))
    timezone = timezone_in_query("UTC")
    limit = QueryInteger(
        load_default=100, validate=validate.Range(1, MOST_EVENTS), metadata=about("The maximum number of events.", 100)
    )
    continuation = Text(
        load_default=None, metadata=about("The `continuation` of the previous page.", "WyIyMDI2LTAxLTA1Il0")
    )
