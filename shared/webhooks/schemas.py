"""What the webhooks calls take: bodies and queries."""

from typing import Any

from marshmallow import fields, validate

from shared.http.fields import Body, Boolean, BoundedList, Choice, Instant, Query, QueryInteger, Text, about
from shared.webhooks.addresses import LONGEST_URL
from shared.webhooks.rules import SUBSCRIPTIONS

LONGEST_OVERLAP_HOURS = 24
MOST_DELIVERIES = 1000
DEFAULT_DELIVERIES = 100


class Url(Text):
    """An address as it is written. Which are taken depends on settings and name servers: see `addresses`."""

    shortest = 1

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=LONGEST_URL, **kwargs)


class Subscriptions(BoundedList):
    """At least one name of an event, each once."""

    def __init__(self, **kwargs: Any) -> None:
        # A client may repeat some of them.
        super().__init__(
            Choice("WebhookEvent", SUBSCRIPTIONS),
            most=2 * len(SUBSCRIPTIONS),
            validate=validate.Length(min=1),
            **kwargs,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        return list(dict.fromkeys(super()._deserialize(value, attr, data, **kwargs)))


class WebhookBody(Body):
    """A webhook, as an administrator writes it."""

    url = Url(
        required=True,
        metadata=about(
            "Where events are sent, by https. Addresses that are not public are refused, now and at each delivery.",
            "https://example.com/hooks/time",
        ),
    )
    events = Subscriptions(
        required=True,
        metadata=about("The events that it is told of: names, `project.*` for all of one kind, or `*` for all.", ["*"]),
    )
    description = Text(
        longest=250, allow_none=True, load_default=None, metadata=about("What it is for.", "The payroll's copy")
    )
    enabled = Boolean(
        allow_none=True,
        load_default=True,
        metadata=about("Whether it is told of events. While it is not, deliveries wait for up to 30 days.", True),
    )


class RotationBody(Body):
    """How long the previous secret signs as well."""

    overlap_hours = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=LONGEST_OVERLAP_HOURS,
        validate=validate.Range(0, LONGEST_OVERLAP_HOURS),
        metadata=about("For how many hours both secrets sign; 0 for not at all.", 24),
    )


class ReplayBody(Body):
    """From when on."""

    class Meta(Body.Meta):
        include = {  # noqa: RUF012 - marshmallow's way to name a field like a word of Python
            "from": Instant(
                required=True, metadata=about("Everything since this instant is sent again.", "2026-01-05T15:30:00Z")
            )
        }


class DeliveryQuery(Query):
    """How many deliveries, and from where on."""

    limit = QueryInteger(
        load_default=DEFAULT_DELIVERIES,
        validate=validate.Range(1, MOST_DELIVERIES),
        metadata=about("The maximum number of deliveries.", DEFAULT_DELIVERIES),
    )
    cursor = Text(
        load_default=None,
        metadata=about("Where to go on: follow the `Link` of the previous answer, which has it.", "IjIwMjYi"),
    )
