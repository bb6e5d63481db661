"""Which rate counts, and what time costs: worked examples that a bookkeeper can check, and what must always hold."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rates.currencies import MINOR_UNITS
from shared.rates.rules import IDS, PRECEDENCE, Rate, RateBook, Subject, amount_of, shares, units_of

HOUR = 3_600_000
MINUTE = 60_000
SUBJECT = Subject("user", "project", "customer", "activity", date(2026, 11, 15))
OF = dict(zip(IDS, ("user", "project", "customer", "activity"), strict=True))


def rate(
    amount: str, *names: str, valid_from: str | None = None, currency: str = "EUR", kind: str = "billable"
) -> Rate:
    ids: dict[str, Any] = {name: OF[name] for name in names}
    return Rate(
        kind, Decimal(amount), currency, valid_from=date.fromisoformat(valid_from) if valid_from else None, **ids
    )


def amount_for(rates: Sequence[Rate], subject: Subject = SUBJECT, kind: str = "billable") -> str | None:
    found = RateBook(rates).rate_for(kind, subject)
    return str(found.amount) if found else None


def test_of_several_rates_the_most_specific_counts_in_the_documented_order() -> None:
    rates = [rate(str(place), *names) for place, names in enumerate(PRECEDENCE)]

    for place in range(len(rates)):
        assert amount_for(rates[place:]) == str(place)
    assert amount_for([]) is None


def test_the_order_is_that_of_the_contract() -> None:
    assert [" + ".join(name.removesuffix("_id") for name in names) or "none" for names in PRECEDENCE] == [
        "user + project", "project + activity", "project", "user + customer", "customer", "user + activity", "activity",
        "user", "none",
    ]  # fmt: skip


@pytest.mark.parametrize("names", [names for names in PRECEDENCE if names])
def test_a_rate_for_somebody_or_something_else_does_not_count(names: tuple[str, ...]) -> None:
    for other in names:
        ids: dict[str, Any] = {**{name: OF[name] for name in names}, other: "other"}
        elsewhere = Rate("billable", Decimal(1), "EUR", **ids)
        assert amount_for([elsewhere]) is None
    assert amount_for([rate("1", *names, kind="cost")]) is None
    assert amount_for([rate("1", *names, kind="cost")], kind="cost") == "1"


def test_work_without_a_customer_has_no_customers_rate() -> None:
    alone = Subject("user", "project", None, "activity", SUBJECT.day)

    assert amount_for([rate("1", "customer_id"), rate("2", "user_id", "customer_id")], alone) is None
    assert amount_for([rate("1", "customer_id"), rate("3")], alone) == "3"


def test_a_raise_holds_from_its_day_on_and_changes_nothing_before() -> None:
    rates = [
        rate("90.00", "user_id", valid_from="2026-11-15"),
        rate("80.00", "user_id"),
        rate("95.00", "user_id", valid_from="2027-01-01"),
    ]

    def on(day: str) -> str | None:
        return amount_for(rates, Subject("user", "project", "customer", "activity", date.fromisoformat(day)))

    assert [on(day) for day in ("1999-01-01", "2026-11-14", "2026-11-15", "2026-12-31", "2027-01-01")] == [
        "80.00", "80.00", "90.00", "90.00", "95.00",
    ]  # fmt: skip


def test_until_a_specific_rate_begins_the_less_specific_one_counts() -> None:
    rates = [rate("120", "project_id", valid_from="2026-11-16"), rate("70")]

    assert amount_for(rates) == "70"
    assert amount_for(rates, Subject("user", "project", "customer", "activity", date(2026, 11, 16))) == "120"


days = st.dates(date(2026, 1, 1), date(2026, 3, 1))


@given(
    st.lists(st.tuples(st.sampled_from(PRECEDENCE), st.one_of(st.none(), days), st.sampled_from(["own", "other"]))),
    days,
)
def test_the_rate_is_the_one_that_a_look_at_all_of_them_finds(
    made: list[tuple[tuple[str, ...], date | None, str]], day: date
) -> None:
    rates, seen = [], set()
    for number, (names, valid_from, whose) in enumerate(made):
        ids = {name: OF[name] if whose == "own" else f"other {name}" for name in names}
        if (key := (names, valid_from, whose if names else "")) not in seen:
            seen.add(key)
            rates.append(Rate("billable", Decimal(number), "EUR", valid_from=valid_from, **ids))
    subject = Subject("user", "project", "customer", "activity", day)

    fitting = [
        one
        for one in rates
        if all(getattr(one, name) in {None, OF[name]} for name in IDS)
        and (one.valid_from is None or one.valid_from <= day)
    ]
    best = min(
        fitting,
        key=lambda one: (PRECEDENCE.index(one.given), -(one.valid_from or date.min).toordinal()),
        default=None,
    )

    assert RateBook(rates).rate_for("billable", subject) == best


@pytest.mark.parametrize(
    ("milliseconds", "amount", "currency", "expected"),
    [
        # An hour and a half at 85.00 is 127.50.
        (90 * MINUTE, "85.00", "EUR", "127.50"),
        # Ten minutes at 85.00: 14.1666…
        (10 * MINUTE, "85.00", "EUR", "14.17"),
        # Half a cent goes to the even neighbour: 0.125 and 0.135.
        (HOUR, "0.1250", "EUR", "0.12"),
        (HOUR, "0.1350", "EUR", "0.14"),
        # Just above the half, by a millisecond.
        (HOUR + 1, "0.1250", "EUR", "0.13"),
        (HOUR - 1, "0.1350", "EUR", "0.13"),
        # The minor units of ISO 4217, not those of CLDR.
        (90 * MINUTE, "5001", "JPY", "7502"),
        (90 * MINUTE, "4999", "JPY", "7498"),
        (10 * MINUTE, "10", "KWD", "1.667"),
        (10 * MINUTE, "10", "IQD", "1.667"),
        (10 * MINUTE, "10", "LBP", "1.67"),
        (10 * MINUTE, "10", "HUF", "1.67"),
        (10 * MINUTE, "10", "UYW", "1.6667"),
        (10 * MINUTE, "10", "XCG", "1.67"),
        # What nobody earned.
        (0, "85.00", "EUR", "0.00"),
        (1, "85.00", "JPY", "0"),
        (HOUR, "0", "EUR", "0.00"),
        # A year at the highest rate there is.
        (8760 * HOUR, "99999999.9999", "EUR", "875999999999.12"),
    ],
)
def test_an_amount_is_hours_times_rate_rounded_half_even(
    milliseconds: int, amount: str, currency: str, expected: str
) -> None:
    assert str(amount_of(units_of(milliseconds, rate(amount, currency=currency)), currency)) == expected


amounts = st.decimals(0, 99_999_999, places=4)
currencies = st.sampled_from(sorted(MINOR_UNITS))


@given(st.integers(0, 10**12), amounts, currencies)
def test_an_amount_is_the_nearest_multiple_of_the_minor_unit(milliseconds: int, amount: Decimal, currency: str) -> None:
    unit = Fraction(1, 10 ** MINOR_UNITS[currency])
    exact = Fraction(milliseconds, HOUR) * Fraction(amount)

    found = amount_of(units_of(milliseconds, Rate("billable", amount, currency)), currency)

    assert Fraction(found) % unit == 0
    # Python rounds fractions half-even as well.
    assert Fraction(found) == round(exact / unit) * unit
    assert -int(found.as_tuple().exponent) == MINOR_UNITS[currency]


@pytest.mark.parametrize(
    ("units", "weights", "expected"),
    [
        (10_000, [1, 1, 1], [3334, 3333, 3333]),
        (5, [3, 3], [3, 2]),
        (1, [1, 2, 2], [0, 1, 0]),
        (1000, [1, 2, 3], [167, 333, 500]),
        (7, [1, 1], [4, 3]),
        (1000, [7], [1000]),
        (500, [0, 4, 0], [0, 500, 0]),
        (0, [1, 2], [0, 0]),
        (0, [0, 0], [0, 0]),
    ],
)
def test_parts_share_an_amount_by_largest_remainder(units: int, weights: list[int], expected: list[int]) -> None:
    assert shares(units, weights) == expected


@given(st.integers(0, 10**10), st.lists(st.integers(0, 10**9), min_size=1, max_size=40))
def test_the_shares_add_up_and_are_within_a_unit_of_their_due(units: int, weights: list[int]) -> None:
    found = shares(units, weights)

    assert sum(found) == units
    if total := sum(weights):
        for share, weight in zip(found, weights, strict=True):
            assert abs(share - Fraction(units) * weight / total) < 1


@given(
    st.lists(st.dates(date(2026, 1, 1), date(2026, 1, 9)), max_size=4), st.dates(date(2025, 12, 1), date(2026, 2, 1))
)
def test_a_subject_has_the_same_rates_on_all_days_of_an_era(steps: list[date], day: date) -> None:
    book = RateBook(replace(rate(str(number)), valid_from=since) for number, since in enumerate(steps))
    another = day + timedelta(days=1)

    if book.era(day.toordinal()) == book.era(another.toordinal()):
        subject = Subject("user", "project", "customer", "activity", day)
        assert book.rate_for("billable", subject) == book.rate_for("billable", replace(subject, day=another))


def test_the_currencies_are_those_of_iso_4217_with_its_own_minor_units() -> None:
    assert len([code for code in MINOR_UNITS if code not in {"ANG", "BGN", "BYR", "CUC", "HRK", "MRO", "SLL", "STD",
                                                             "VEF", "ZWL"}]) == 165  # fmt: skip
    assert {"XCG", "ZWG", "BGN", "HRK", "SLE", "VED"} <= set(MINOR_UNITS)
    assert not {"XAU", "XXX", "XDR", "XTS", "DEM", "eur", ""} & set(MINOR_UNITS)
    assert {code: MINOR_UNITS[code] for code in ("JPY", "KWD", "IQD", "LBP", "HUF", "COP", "ISK", "CLF")} == {
        "JPY": 0, "KWD": 3, "IQD": 3, "LBP": 2, "HUF": 2, "COP": 2, "ISK": 0, "CLF": 4,
    }  # fmt: skip


def test_only_the_documented_combinations_of_ids_are_ways_of_a_rate() -> None:
    ways = {frozenset(names) for names in PRECEDENCE}

    assert len(ways) == 9
    assert {frozenset(names) for size in range(5) for names in combinations(IDS, size)} - ways
