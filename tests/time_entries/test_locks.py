"""Locked time as the timeline holds it: a bound that never holds less than is locked, and stays small."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.instants import format_instant
from shared.time_entries.rules import Interval
from shared.time_entries.timeline import MOST_LOCKS, Lock, Locks, meets, with_lock, without_lock

EPOCH = datetime(2016, 1, 4, tzinfo=UTC)


def lock(first: int, last: int) -> Lock:
    """From one day on to another, exclusive."""
    return format_instant(EPOCH + timedelta(days=first)), format_instant(EPOCH + timedelta(days=last))


def held(locks: Locks, day: int) -> bool:
    return meets(locks, Interval(EPOCH + timedelta(days=day), EPOCH + timedelta(days=day + 1)))


def test_ten_years_of_weeks_that_touch_are_one_interval() -> None:
    weeks = [lock(7 * week, 7 * week + 7) for week in range(520)]

    assert with_lock((), *weeks) == (lock(0, 7 * 520),)


def test_ten_years_of_weeks_without_weekends_stay_few_and_the_latest_are_exact() -> None:
    locks: Locks = ()
    for week in range(520):
        locks = with_lock(locks, lock(7 * week, 7 * week + 5))

    assert len(locks) == MOST_LOCKS
    assert all(held(locks, 7 * week) for week in range(520))
    assert not held(locks, 7 * 519 - 2)


def test_half_open_intervals_touch_without_meeting() -> None:
    locks = (lock(10, 20),)

    assert not held(locks, 9)
    assert held(locks, 10)
    assert held(locks, 19)
    assert not held(locks, 20)
    assert meets(locks, Interval(EPOCH, None))
    assert not meets(locks, Interval(EPOCH + timedelta(days=20), None))


def test_a_period_is_released_from_within_others() -> None:
    locks = with_lock((), lock(0, 7), lock(7, 14), lock(14, 21))

    assert without_lock(locks, lock(7, 14)) == (lock(0, 7), lock(14, 21))
    assert without_lock(locks, lock(0, 7)) == (lock(7, 21),)
    assert without_lock((), lock(0, 7)) == ()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=120))
def test_no_locked_day_is_ever_taken_for_free(steps: list[tuple[bool, int]]) -> None:
    """Periods of two days in a grid of three come and go, and never overlap."""
    locks: Locks = ()
    present: set[int] = set()
    for is_submitted, place in steps:
        period = lock(3 * place, 3 * place + 2)
        if is_submitted and place not in present:
            locks = with_lock(locks, period)
            present.add(place)
        elif not is_submitted and place in present:
            locks = without_lock(locks, period)
            present.remove(place)
        assert all(held(locks, 3 * place) and held(locks, 3 * place + 1) for place in present)
        assert len(locks) <= MOST_LOCKS
