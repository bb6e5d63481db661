"""The rules of a timeline, by example: clocks that differ, snapping, trimming, and what is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import ApiError
from shared.time_entries import rules
from shared.time_entries.rules import Interval, Placed

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """So many minutes from now."""
    return NOW + timedelta(minutes=minutes)


def between(start: float, end: float | None) -> Interval:
    return Interval(at(start), None if end is None else at(end))


def entry(name: str, start: float, end: float | None) -> Placed:
    return Placed(name, between(start, end))


def refusal(rule: Callable[..., Any], *arguments: Any) -> ApiError:
    with pytest.raises(ApiError) as raised:
        rule(*arguments)
    return raised.value


@pytest.mark.parametrize(
    ("one", "other", "shares"),
    [
        (between(0, 2), between(1, 3), True),
        (between(0, 3), between(1, 2), True),
        (between(0, 1), between(0, 1), True),
        (between(0, 1), between(1, 2), False),
        (between(0, 1), between(2, 3), False),
        (between(0, None), between(5, 6), True),
        (between(5, None), between(0, 5), False),
        (between(5, None), between(0, 5.01), True),
        (between(0, None), between(9, None), True),
    ],
)
def test_intervals_are_half_open_and_a_running_one_has_no_end(one: Interval, other: Interval, shares: bool) -> None:
    assert rules.overlap(one, other) is shares
    assert rules.overlap(other, one) is shares


def test_a_timer_starts_now_by_default() -> None:
    assert rules.timer_start(None, NOW) == NOW


@pytest.mark.parametrize(("requested", "start"), [(-600, -600), (0, 0), (1 / 60, 0), (5, 0)])
def test_a_start_a_little_ahead_becomes_now(requested: float, start: float) -> None:
    assert rules.timer_start(at(requested), NOW) == at(start)


@pytest.mark.parametrize("minutes", [5.001, 60, 10**6])
def test_a_start_further_ahead_is_refused(minutes: float) -> None:
    error = refusal(rules.timer_start, at(minutes), NOW)

    assert error.status == 400
    assert list(error.errors or {}) == ["start_date"]


@pytest.mark.parametrize(("end", "kept"), [(-1, -1), (0, 0), (0.5, 0), (1, 0)])
def test_an_end_a_little_ahead_becomes_now(end: float, kept: float) -> None:
    assert rules.past(at(-10), at(end), NOW) == between(-10, kept)


@pytest.mark.parametrize(("start", "end"), [(-10, 1.001), (-10, 600), (600, 601)])
def test_an_end_further_ahead_is_refused(start: float, end: float) -> None:
    error = refusal(rules.past, at(start), at(end), NOW)

    assert error.status == 400
    assert list(error.errors or {}) == ["end_date"]


@pytest.mark.parametrize(("start", "end"), [(-1, -1), (-1, -2), (0, 0), (0, 0.5), (0.25, 0.5), (3, 1)])
def test_an_end_that_is_not_after_the_start_is_refused(start: float, end: float) -> None:
    assert refusal(rules.past, at(start), at(end), NOW).status == 400


@pytest.mark.parametrize(
    ("start", "ends", "snapped"),
    [
        (-10, [-9.5], -9.5),
        (-10, [-9.001], -9.001),
        (-10, [-9], -10),
        (-10, [-10], -10),
        (-10, [-11], -10),
        (-10, [], -10),
        (-10, [-10.5, -9.5], -9.5),
    ],
)
def test_a_timer_less_than_a_minute_before_the_last_end_starts_there(
    start: float, ends: list[float], snapped: float
) -> None:
    before = [entry(str(end), end - 5, end) for end in ends]

    assert rules.snapped_start(at(start), before) == at(snapped)


def test_a_stop_ends_now_but_never_with_the_start() -> None:
    assert rules.stop_at(at(-5), NOW) == NOW
    assert rules.stop_at(NOW, NOW) == NOW + timedelta(milliseconds=1)
    # Another worker's clock may run a little ahead of this one's.
    assert rules.stop_at(at(1), NOW) == at(1) + timedelta(milliseconds=1)


def test_an_overlap_names_what_is_in_the_way() -> None:
    others = [entry("a", -9, -8), entry("b", -7, -5), entry("c", -4, None)]

    error = refusal(rules.forbid_overlap, between(-6, -3), others)

    assert (error.status, error.code) == (422, "time_entry_overlap")
    assert list(error.conflicts or []) == [
        {"id": "b", "start_date": "2026-03-02T11:53:00.0000000Z", "end_date": "2026-03-02T11:55:00.0000000Z"},
        {"id": "c", "start_date": "2026-03-02T11:56:00.0000000Z", "end_date": None},
    ]


def test_what_touches_is_not_in_the_way() -> None:
    rules.forbid_overlap(between(-8, -7), [entry("a", -9, -8), entry("b", -7, None)])


def test_a_second_timer_is_refused_by_naming_the_first() -> None:
    rules.forbid_second_timer(None)

    error = refusal(rules.forbid_second_timer, entry("a", -9, None))

    assert error.status == 409
    assert [conflict["id"] for conflict in error.conflicts or []] == ["a"]


def test_nothing_in_the_way_needs_no_trimming() -> None:
    assert rules.trimmed(between(-5, -4), [entry("a", -9, -5), entry("b", -4, None)]) is None


@pytest.mark.parametrize("end", [-4, None])
def test_a_start_moved_into_the_entry_before_trims_its_end(end: float | None) -> None:
    assert rules.trimmed(between(-6, end), [entry("a", -9, -5)]) == entry("a", -9, -6)


@pytest.mark.parametrize(
    "others",
    [
        [entry("all of it", -6, -5)],
        [entry("within", -5.5, -5)],
        [entry("behind", -4.5, -3)],
        [entry("before", -9, -5.5), entry("two", -5.4, -5.2)],
        [entry("before", -9, -5.5), entry("behind", -4.5, -3)],
        [entry("running", -9, None)],
    ],
)
def test_what_can_not_be_trimmed_stays_an_overlap(others: list[Placed]) -> None:
    error = refusal(rules.trimmed, between(-6, -4), others)

    assert (error.status, error.code) == (422, "time_entry_overlap")
    assert [conflict["id"] for conflict in error.conflicts or []] == [other.id for other in others]
