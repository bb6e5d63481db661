"""What the rates calls take: bodies and queries."""

import re
from typing import Any

from marshmallow import ValidationError

from shared.http.fields import Body, Choice, CommaList, Id, Query, Text, about
from shared.http.local_time import PlainDate
from shared.rates.currencies import MINOR_UNITS
from shared.rates.rules import FRACTION_DIGITS, KINDS

MOST_DIGITS = 12
DECIMAL = re.compile(rf"[0-9]+(\.[0-9]{{1,{FRACTION_DIGITS}}})?")
USER_ID = "2d9f7b61-9e0f-4f0a-8f43-1b6c5e7a8d06"
PROJECT_ID = "f4b4c1d8-0c55-4f0e-9f58-0d3c6c2a5b05"


class Amount(Text):
    """A decimal as text, not negative: a JSON number may have been a binary fraction on its way."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if len(text) > MOST_DIGITS + 1 or not DECIMAL.fullmatch(text):
            raise ValidationError("Not a decimal, not negative, of at most 12 digits and 4 decimals, such as 85.00.")
        whole, _, decimals = text.partition(".")
        kept = f"{int(whole)}.{decimals}" if decimals else f"{int(whole)}"
        if len(kept.replace(".", "")) > MOST_DIGITS:
            raise ValidationError("More than 12 digits.")
        return kept


class Currency(Text):
    """A currency of ISO 4217 that has a minor unit, current or withdrawn since 2015."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text not in MINOR_UNITS:
            raise ValidationError("Not a currency of ISO 4217 with a minor unit, such as EUR.")
        return text


class RateBody(Body):
    """A rate, as an administrator writes it."""

    kind = Choice(
        "RateKind",
        KINDS,
        required=True,
        metadata=about("`billable` for what the customer pays, `cost` for what the work costs.", "billable"),
    )
    amount = Amount(
        required=True,
        metadata=about("The amount per hour: a decimal as text, with at most 12 digits and 4 decimals.", "85.00"),
    )
    currency = Currency(required=True, metadata=about("The currency, by its code in ISO 4217.", "EUR"))
    user_id = Id(
        allow_none=True,
        load_default=None,
        metadata=about("The user whose time it is for; null for any. The directory is not asked.", USER_ID),
    )
    project_id = Id(
        allow_none=True, load_default=None, metadata=about("The project that it is for; null for any.", PROJECT_ID)
    )
    customer_id = Id(
        allow_none=True, load_default=None, metadata=about("The customer that it is for; null for any.", None)
    )
    activity_id = Id(
        allow_none=True, load_default=None, metadata=about("The activity that it is for; null for any.", None)
    )
    valid_from = PlainDate(
        allow_none=True,
        load_default=None,
        metadata=about("The local date from which it is valid; null for all time before the next one.", "2026-01-01"),
    )


class RateQuery(Query):
    """The filters of the list."""

    kind = Choice("RateKind", KINDS, load_default=None, metadata=about("Only rates of this kind; by default, both."))
    user_id = CommaList(load_default=None, metadata=about("Only rates of these users: ids, separated by commas."))
    project_id = CommaList(load_default=None, metadata=about("Only rates of these projects."))
    customer_id = CommaList(load_default=None, metadata=about("Only rates of these customers."))
    activity_id = CommaList(load_default=None, metadata=about("Only rates of these activities."))
