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


def moved(interval: Interval, *before: Placed) -> Interval:
    rules.require_past(interval, NOW)
    return rules.moved_back(interval, NOW, before)


@pytest.mark.parametrize(
    ("wanted", "placed"),
    [
        (between(-10, -1), between(-10, -1)),
        (between(-10, 0), between(-10, 0)),
        (between(-10, 0.5), between(-10.5, 0)),
        (between(-10, 1), between(-11, 0)),
        (between(0.25, 0.5), between(-0.25, 0)),
        (between(-10, None), between(-10, None)),
    ],
)
def test_a_new_entry_that_ends_a_little_ahead_is_moved_back_with_its_length(wanted: Interval, placed: Interval) -> None:
    assert moved(wanted) == placed


@pytest.mark.parametrize(
    ("wanted", "before", "placed"),
    [
        # It touches the entry before, or would run into it.
        (between(-10, 0.5), entry("a", -20, -10), between(-10, 0)),
        (between(-10, 0.5), entry("a", -20, -10.25), between(-10, 0)),
        (between(-10, 0.5), entry("a", -20, -10.5), between(-10.5, 0)),
        # It overlaps already, for which it is refused later.
        (between(-10, 0.5), entry("a", -20, -9), between(-10, 0)),
        # Nothing would be left of it.
        (between(0.25, 0.5), entry("a", -20, -0.125), between(-0.125, 0)),
    ],
)
def test_a_new_entry_is_not_moved_into_the_entry_before(wanted: Interval, before: Placed, placed: Interval) -> None:
    assert moved(wanted, before) == placed


@pytest.mark.parametrize(("end", "kept"), [(-1, -1), (0, 0), (0.5, 0), (1, 0)])
def test_of_an_update_only_the_end_is_moved(end: float, kept: float) -> None:
    rules.require_past(between(-10, end), NOW)

    assert rules.cut_to_now(between(-10, end), NOW) == between(-10, kept)


def test_an_update_that_begins_in_the_future_says_so() -> None:
    error = refusal(rules.cut_to_now, between(0.25, 0.5), NOW)

    assert (error.status, error.code, list(error.errors or {})) == (400, "start_in_future", ["start_date"])


def test_what_the_server_makes_are_whole_tenths_of_a_second() -> None:
    now = NOW + timedelta(milliseconds=987)
    cut = NOW + timedelta(milliseconds=900)

    assert rules.timer_start(None, now) == rules.timer_start(now + timedelta(seconds=1), now) == cut
    assert rules.stop_at(at(-5), now) == cut
    assert rules.cut_to_now(between(-5, 1), now).end == cut
    assert rules.moved_back(between(-5, 1), now).end == cut
    # What a client sends is kept to the millisecond.
    sent = now - timedelta(milliseconds=9)
    assert rules.timer_start(sent, now) == sent
    assert rules.moved_back(Interval(at(-5), sent), now).end == sent


@pytest.mark.parametrize(("requested", "last_end", "start"), [
    (None, None, 0), (None, -1, 0), (None, 0, 0), (None, 0.01, 0.01), (1, 0.01, 0.01), (None, 4.99, 4.99),
    # What is further ahead is looked for among the entries, and so is what is before a start that a client made.
    (None, 5, 0), (0, 0.01, 0), (-1, 0.01, -1),
])  # fmt: skip
def test_a_start_that_the_server_makes_is_not_before_the_last_end(
    requested: float | None, last_end: float | None, start: float
) -> None:
    made = rules.timer_start(
        None if requested is None else at(requested), NOW, None if last_end is None else at(last_end)
    )
    assert made == at(start)


@pytest.mark.parametrize(("start", "end"), [(-10, 1.001), (-10, 600), (600, 601)])
def test_an_end_further_ahead_is_refused(start: float, end: float) -> None:
    error = refusal(rules.require_past, between(start, end), NOW)

    assert (error.status, error.code, list(error.errors or {})) == (400, "end_in_future", ["end_date"])


@pytest.mark.parametrize(("start", "end"), [(-1, -1), (-1, -2), (0, 0), (3, 1)])
def test_an_end_that_is_not_after_the_start_is_refused(start: float, end: float) -> None:
    assert refusal(rules.require_past, between(start, end), NOW).code == "end_not_after_start"


@pytest.mark.parametrize(("start", "end"), [(-60, 0), (-59, None), (-200, -141)])
def test_what_is_not_too_long_is_fine(start: float, end: float | None) -> None:
    rules.forbid_too_long(between(start, end), NOW, timedelta(hours=1))


@pytest.mark.parametrize(("start", "end"), [(-60.001, 0), (-60.001, None), (-200, -139)])
def test_what_begins_too_long_before_its_end_or_now_is_refused(start: float, end: float | None) -> None:
    error = refusal(rules.forbid_too_long, between(start, end), NOW, timedelta(hours=1))

    assert (error.status, error.code, error.message) == (
        400, "entry_too_long", "A time entry can't be longer than 1 h",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("start", "ends", "snapped"),
    [
        (-10, [-9.5], -9.5),
        (-10, [-9.001], -9.001),
        (-10, [-5.001], -5.001),
        (-10, [-5], -10),
        (-10, [-10], -10),
        (-10, [-11], -10),
        (-10, [], -10),
        (-10, [-10.5, -9.5], -9.5),
    ],
)
def test_a_timer_less_than_five_minutes_before_the_last_end_starts_there(
    start: float, ends: list[float], snapped: float
) -> None:
    before = [entry(str(end), end - 5, end) for end in ends]

    assert rules.snapped_start(at(start), before) == at(snapped)


def test_a_stop_ends_now_or_in_the_tenth_after_its_start() -> None:
    tenth = timedelta(milliseconds=100)

    assert rules.stop_at(at(-5), NOW) == NOW
    assert rules.stop_at(NOW, NOW) == NOW + tenth
    assert rules.stop_at(NOW + timedelta(milliseconds=77), NOW + timedelta(milliseconds=99)) == NOW + tenth
    # Another worker's clock may run a little ahead of this one's.
    assert rules.stop_at(at(1), NOW) == at(1) + tenth


@pytest.mark.parametrize(
    ("wanted", "others", "names"),
    [
        (between(-6, -3), [entry("a", -7, -5)], ["start_date"]),
        (between(-6, -3), [entry("a", -4, -2)], ["end_date"]),
        (between(-6, -3), [entry("a", -5, -4)], ["end_date"]),
        (between(-6, -3), [entry("a", -6, -3)], ["start_date"]),
        (between(-6, -3), [entry("a", -7, -5), entry("b", -4, None)], ["start_date", "end_date"]),
        (between(-6, None), [entry("a", -4, -2)], ["start_date"]),
    ],
)
def test_an_overlap_is_told_under_the_date_that_causes_it(
    wanted: Interval, others: list[Placed], names: list[str]
) -> None:
    assert list(refusal(rules.forbid_overlap, wanted, others).errors or {}) == names


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
