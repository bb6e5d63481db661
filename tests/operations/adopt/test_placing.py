"""Where overlapping entries come to lie, and that whatever they are, they do not overlap afterwards."""

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from operations.adopt.placing import Place, places
from shared.instants import LATEST
from shared.time_entries.rules import Interval

DAY = datetime(2024, 3, 5, tzinfo=UTC)


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def of(start: float, end: float | None = None) -> Interval:
    return Interval(at(start), None if end is None else at(end))


def placed(*wanted: Interval, fixed: tuple[Interval, ...] = (), trim: bool = True) -> list[Interval | None]:
    found = places({str(number): interval for number, interval in enumerate(wanted)}, fixed, trim=trim)
    return [found[str(number)].interval for number in range(len(wanted))]


def test_entries_that_do_not_overlap_stay() -> None:
    wanted = (of(8, 9), of(9, 10), of(11))

    assert placed(*wanted) == placed(*wanted, trim=False) == [*wanted]


def test_the_earlier_one_ends_where_the_later_one_begins() -> None:
    assert placed(of(8, 10), of(9, 11)) == [of(8, 9), of(9, 11)]
    assert placed(of(8, 12), of(9, 10)) == [of(8, 9), of(9, 10)]


def test_of_two_that_begin_together_the_longer_one_begins_where_the_other_ends() -> None:
    assert placed(of(8, 12), of(8, 9)) == [of(9, 12), of(8, 9)]
    assert placed(of(8, 9), of(8, 12), of(8.5, 10)) == [of(8, 8.5), of(9, 12), of(8.5, 9)]
    assert placed(of(8, 9), of(8, 9)) == [of(8, 9), None]


def test_without_trimming_the_later_one_is_left_out() -> None:
    assert placed(of(8, 10), of(9, 11), of(10, 12), trim=False) == [of(8, 10), None, of(10, 12)]


def test_of_several_timers_the_newest_runs_on() -> None:
    for trim in (True, False):
        assert placed(of(8), of(9), of(30), trim=trim) == [of(8, 9), of(9, 17), of(30)]


def test_a_timer_ends_where_a_later_entry_begins_or_after_eight_hours() -> None:
    for trim in (True, False):
        assert placed(of(8), of(10, 11), trim=trim) == [of(8, 10), of(10, 11)]
        assert placed(of(8), of(40, 41), trim=trim) == [of(8, 16), of(40, 41)]
        assert placed(of(8), of(8), trim=trim) == [of(8), None]


def test_what_is_there_already_never_gives_way() -> None:
    fixed = (of(9, 10), of(20))

    assert placed(of(8, 9.5), of(9.5, 11), of(8.5, 10.5), of(9.2, 9.8), fixed=fixed) == [
        of(8, 8.5),
        of(10, 11),
        of(8.5, 9),
        None,
    ]
    assert placed(of(8, 9.5), of(7, 9), fixed=fixed, trim=False) == [None, of(7, 9)]
    assert placed(of(19), of(21, 22), of(21), fixed=fixed) == [of(19, 20), None, None]
    assert placed(of(2), fixed=fixed, trim=False) == [of(2, 9)]


def test_it_goes_fast_however_much_is_there_already() -> None:
    """A hundred times as much takes about a hundred times as long, and not ten thousand times."""
    count = 5_000
    fixed = [of(2 * number, 2 * number + 1) for number in range(count)]
    wanted = {str(number): of(2 * number + 0.5, 2 * number + 1.5) for number in range(count)}

    began = time.process_time()
    found = places(wanted, fixed, trim=True)

    assert time.process_time() - began < 5
    assert {place.interval for place in found.values()} == {of(2 * n + 1, 2 * n + 1.5) for n in range(count)}


INTERVALS = st.builds(
    lambda start, length: Interval(at(start), at(start + length) if length else None),
    st.integers(0, 30),
    st.sampled_from([0, *range(1, 15)]),
)


@st.composite
def disjoint(draw: st.DrawFn) -> list[Interval]:
    """What the new system has: nothing that overlaps, and one timer at most, which is the last."""
    edges = sorted(draw(st.sets(st.integers(0, 40), max_size=8)))
    pairs = [of(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    return [*pairs, of(edges[-1])] if len(edges) % 2 and draw(st.booleans()) else pairs


@given(st.lists(INTERVALS, max_size=12), disjoint(), st.booleans())
def test_whatever_was_there_nothing_overlaps_and_nothing_grows(
    wanted: list[Interval], fixed: list[Interval], trim: bool
) -> None:
    by_id = {str(number): interval for number, interval in enumerate(wanted)}

    found = places(by_id, fixed, trim=trim)

    assert found.keys() == by_id.keys()
    kept = [place.interval for place in found.values() if place.interval]
    everything = sorted([*kept, *fixed], key=lambda one: (one.start, one.end or LATEST))
    for before, after in pairwise(everything):
        assert before.start < (before.end or LATEST) <= after.start
    for entry_id, place in found.items():
        _holds(by_id[entry_id], place)
    # The same again, whatever order they come in: a later run moves nothing.
    assert places(dict(reversed(by_id.items())), fixed, trim=trim) == found


def _holds(wanted: Interval, place: Place) -> None:
    """An entry lies within where it was, and what differs has a reason."""
    assert bool(place.remarks) == (place.interval != wanted)
    if place.interval:
        start, end = place.interval
        assert wanted.start <= start
        assert wanted.end is None or (end is not None and end <= wanted.end)
