"""The query of the audit trail."""

from marshmallow import fields, validate

from shared.fields import Id, Query, QueryInstant, Text

MOST_EVENTS = 1000


class EventQuery(Query):
    """Which events, and how many at a time. `continuation` is what the page before ended with."""

    item_id = Id(load_default=None)
    container_id = Text(load_default=None)
    user_id = Id(load_default=None)
    start_date = QueryInstant(load_default=None)
    end_date = QueryInstant(load_default=None)
    limit = fields.Integer(load_default=100, validate=validate.Range(1, MOST_EVENTS))
    continuation = Text(load_default=None)
