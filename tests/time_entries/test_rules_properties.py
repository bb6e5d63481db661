"""The rules against a naive model: a timeline as a set of minutes, a running entry filling all of them to the end."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.errors import ApiError
from shared.instants import TENTH, format_instant, tenth
from shared.time_entries import rules
from shared.time_entries.rules import Interval, Placed
from shared.time_entries.timeline import Timeline, interval_of, placed

EPOCH = datetime(2026, 2, 27, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LAST = 60

starts = st.integers(0, LAST - 1)
ends = st.none() | st.integers(1, LAST)


def at(minute: int) -> datetime:
    return EPOCH + minute * MINUTE


def cells(interval: Interval) -> set[int]:
    start = (interval.start - EPOCH) // MINUTE
    return set(range(start, LAST if interval.end is None else (interval.end - EPOCH) // MINUTE))


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    start = draw(starts)
    length = draw(st.none() | st.integers(1, LAST - start))
    return Interval(at(start), None if length is None else at(start + length))


@st.composite
def disjoint(draw: st.DrawFn) -> list[Placed]:
    """Entries that share no minute, earliest first; the last may be running."""
    edges = sorted(draw(st.sets(st.integers(0, LAST), max_size=12)))
    entries = [
        Placed(str(start), Interval(at(start), at(end)))
        for start, end in zip(edges[::2], edges[1::2], strict=False)
        if draw(st.booleans()) or start % 3
    ]
    if len(edges) % 2 and edges[-1] < LAST:
        entries.append(Placed("running", Interval(at(edges[-1]), None)))
    return entries


@given(intervals(), intervals())
def test_two_overlap_when_they_share_a_minute(one: Interval, other: Interval) -> None:
    assert rules.overlap(one, other) == bool(cells(one) & cells(other))


@given(intervals(), disjoint())
def test_an_interval_is_refused_for_exactly_what_it_shares_minutes_with(wanted: Interval, others: list[Placed]) -> None:
    expected = [other.id for other in others if cells(other.interval) & cells(wanted)]
    try:
        rules.forbid_overlap(wanted, others)
    except ApiError as error:
        assert [conflict["id"] for conflict in error.conflicts or []] == expected != []  # noqa: PT017
    else:
        assert expected == []


def is_covered_behind(one: Interval, wanted: Interval) -> bool:
    """Whether `one` is stopped, has minutes before `wanted`, and none after it."""
    return one.end is not None and min(cells(one)) < min(cells(wanted)) and max(cells(one)) <= max(cells(wanted))


@given(intervals(), disjoint())
def test_trimming_makes_room_or_refuses(wanted: Interval, others: list[Placed]) -> None:
    in_the_way = [other for other in others if cells(other.interval) & cells(wanted)]
    try:
        shorter = rules.trimmed(wanted, others)
    except ApiError:
        # Two are in the way, or nothing of the one would be left, or it would lose what `wanted` does not cover.
        assert len(in_the_way) > 1 or not is_covered_behind(in_the_way[0].interval, wanted)
        return
    if shorter is None:
        assert not in_the_way
        return
    (only,) = in_the_way
    assert (shorter.id, shorter.interval.start) == (only.id, only.interval.start)
    assert cells(shorter.interval)
    assert cells(shorter.interval) == cells(only.interval) - cells(wanted)


@given(starts, ends, st.integers(0, LAST))
def test_a_stopped_entry_lies_in_the_past_or_is_refused(start: int, end: int | None, now: int) -> None:
    wanted = Interval(at(start), at(LAST if end is None else end))
    try:
        rules.require_past(wanted, at(now))
        cut = rules.cut_to_now(wanted, at(now))
    except ApiError as error:
        assert error.status == 400  # noqa: PT017
        assert wanted.end > at(now) + MINUTE or wanted.end <= wanted.start or wanted.start > at(now)  # type: ignore[operator]
        return
    assert cut.start == wanted.start < cut.end  # type: ignore[operator]
    assert cut.end == max(min(wanted.end, at(now)), wanted.start + TENTH if wanted.end > at(now) else cut.end)  # type: ignore[type-var, operator]


@given(disjoint(), st.integers(1, LAST), st.integers(1, 30), st.integers(1, 60), st.integers(0, 999))
def test_a_new_entry_that_ends_ahead_is_moved_back_and_never_made_to_overlap(
    others: list[Placed], minute: int, length: int, ahead: int, milliseconds: int
) -> None:
    now = at(minute) + timedelta(milliseconds=milliseconds)
    others = [one for one in others if one.interval.end and one.interval.end <= now]
    end = now + timedelta(seconds=ahead)
    wanted = Interval(end - length * timedelta(seconds=30), end)
    in_the_way = [one for one in others if rules.overlap(one.interval, wanted)]

    moved = rules.moved_back(wanted, now, others)

    assert moved.end is not None
    assert moved.start < moved.end <= now + TENTH
    free = rules.moved_back(wanted, now)
    assert free.end == tenth(now)
    assert free.end - free.start == end - wanted.start
    assert moved == free or moved.start == wanted.start or wanted.start >= tenth(now)
    # What was in no entry's way is moved into none, so that nobody is refused for it.
    assert in_the_way or not [one for one in others if rules.overlap(one.interval, moved)]


@given(st.integers(-600, 600))
def test_a_timer_never_starts_in_the_future(ahead: int) -> None:
    now = at(30)
    requested = now + timedelta(seconds=ahead)
    try:
        start = rules.timer_start(requested, now)
    except ApiError:
        assert ahead > 300
        return
    assert ahead <= 300
    assert start == (tenth(now) if requested > now else requested)


class TimelineMachine(RuleBasedStateMachine):
    """Writes in any order, decided by the rules; the timeline alone must never promise room that is not there."""

    entries: dict[str, dict[str, object]]

    @initialize()
    def begin(self) -> None:
        self.entries = {}
        self.now = 5
        self.timeline = Timeline("tenant", "owner", None, None, (), None)

    def live(self) -> list[Placed]:
        found = [placed(entry) for entry in self.entries.values() if "deleted" not in entry]
        return sorted(found, key=lambda one: one.interval.start)

    def write(self, name: str, interval: Interval, **more: str) -> None:
        dates = {
            "start_date": format_instant(interval.start),
            "end_date": format_instant(interval.end) if interval.end else None,
        }
        self.entries[name] = {"id": name, **dates, **more}
        self.timeline = self.timeline.after(self.entries[name])

    def others(self, name: str) -> list[Placed]:
        return [one for one in self.live() if one.id != name]

    @rule(minutes=st.integers(1, 9))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes

    @rule(start=st.integers(0, 80), length=st.integers(1, 12))
    def create(self, start: int, length: int) -> None:
        name = f"past {len(self.entries)}"
        try:
            wanted = Interval(at(start), at(start + length))
            rules.require_past(wanted, at(self.now))
            interval = rules.moved_back(wanted, at(self.now), self.live())
            rules.forbid_overlap(interval, self.live())
        except ApiError:
            return
        self.write(name, interval)

    @rule(back=st.integers(0, 9))
    def start(self, back: int) -> None:
        name = f"timer {len(self.entries)}"
        try:
            rules.forbid_second_timer(self.timeline.timer)
            interval = Interval(rules.timer_start(at(max(self.now - back, 0)), at(self.now)), None)
            interval = Interval(rules.snapped_start(interval.start, self.live()), None)
            rules.forbid_overlap(interval, self.live())
        except ApiError:
            return
        self.write(name, interval)

    @precondition(lambda self: self.timeline.timer is not None)
    @rule()
    def stop(self) -> None:
        timer = self.timeline.timer
        assert timer is not None
        self.write(timer.id, Interval(timer.interval.start, rules.stop_at(timer.interval.start, at(self.now))))

    @precondition(lambda self: self.live())
    @rule(data=st.data())
    def restart(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.live()))
        interval = Interval(one.interval.start, None)
        try:
            rules.forbid_second_timer(self.timeline.timer)
            rules.forbid_overlap(interval, self.others(one.id))
        except ApiError:
            return
        self.write(one.id, interval)

    @precondition(lambda self: self.live())
    @rule(data=st.data(), start=st.integers(0, 80), length=st.integers(1, 12))
    def move_and_trim(self, data: st.DataObject, start: int, length: int) -> None:
        one = data.draw(st.sampled_from(self.live()))
        try:
            wanted = Interval(at(start), at(start + length))
            rules.require_past(wanted, at(self.now))
            interval = rules.cut_to_now(wanted, at(self.now))
            shorter = rules.trimmed(interval, self.others(one.id))
        except ApiError:
            return
        self.write(one.id, interval)
        if shorter:
            self.write(*shorter)

    @precondition(lambda self: self.live())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.live()))
        self.write(one.id, one.interval, deleted="yes")

    @rule(wanted=intervals())
    def the_timeline_never_promises_room_that_is_not_there(self, wanted: Interval) -> None:
        if self.timeline.surely_free(wanted):
            assert not [one for one in self.live() if rules.overlap(wanted, one.interval)]
        for one in self.live():
            if self.timeline.surely_free(wanted, one.id):
                assert not [two for two in self.others(one.id) if rules.overlap(wanted, two.interval)]

    @invariant()
    def entries_never_overlap_and_nothing_lies_in_the_future(self) -> None:
        live = self.live()
        for one, following in pairwise(live):
            assert not rules.overlap(one.interval, following.interval)
        # Each stop in the very tenth of its start ends a tenth later, and the next start can't be before that.
        present = at(self.now) + len(self.entries) * TENTH
        for one in live:
            assert (one.interval.end or one.interval.start) <= present
            assert one.interval.end is None or one.interval.start < one.interval.end

    @invariant()
    def one_entry_runs_at_most_and_the_timeline_knows_it(self) -> None:
        running = [one for one in self.live() if one.interval.end is None]
        assert running == ([self.timeline.timer] if self.timeline.timer else [])

    @invariant()
    def the_last_end_is_an_upper_bound(self) -> None:
        ended = [str(entry["end_date"]) for entry in self.entries.values() if entry["end_date"]]
        assert max(ended, default="") <= (self.timeline.last_end or "")


TestTimeline = TimelineMachine.TestCase
TestTimeline.settings = settings(max_examples=60, stateful_step_count=30)


@given(intervals())
def test_an_entry_keeps_its_interval(interval: Interval) -> None:
    end = format_instant(interval.end) if interval.end else None

    assert interval_of({"start_date": format_instant(interval.start), "end_date": end}) == interval
