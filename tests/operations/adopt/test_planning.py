"""The plan for one owner, and the writes that lead there: sound after every batch, and nothing to do the next time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from operations.adopt.documents import OldEntry, entry_of
from operations.adopt.planning import ACTION, How, dates, hours_of, plan_of
from operations.adopt.remarks import Row
from operations.adopt.waiting import Waiting
from shared.cosmos.items import Document, is_live
from shared.instants import LATEST
from shared.time_entries.rules import Interval, overlap
from shared.time_entries.store import MOST_WRITES
from shared.time_entries.timeline import interval_of

NOW = datetime(2026, 11, 27, 21, tzinfo=UTC)
DAY = datetime(2024, 3, 5, tzinfo=UTC)
HOW = How(NOW, timedelta(hours=168), trim=True)
PROJECT, ACTIVITY = "5b0c7d52-1d0e-4f6a-9f0a-6c1c5a1f2b11", "8e2f4c9a-3b7d-4c1e-8a55-0d9b7e6f1c22"
KNOWN = {"project": frozenset({PROJECT}), "activity": frozenset({ACTIVITY})}
PARTITION = [str(uuid4()), str(uuid4())]


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def of(start: float, end: float | None = None) -> Interval:
    return Interval(at(start), None if end is None else at(end))


def old(number: int, interval: Interval, **fields: Any) -> OldEntry:
    references = {"project_id": PROJECT, "activity_id": ACTIVITY}
    return entry_of({"id": str(UUID(int=number)), "_ts": 1, **references, **dates(interval), **fields}, NOW, KNOWN)


def native(number: int, interval: Interval) -> Document:
    """An entry that somebody made here."""
    context = {"action": "create"}
    return {"id": str(UUID(int=number)), "_last_event_ctx": context, "_etag": "x", **dates(interval)}


def bring(
    entries: Sequence[OldEntry],
    documents: Mapping[str, Document],
    locked: Sequence[Interval] = (),
    how: How = HOW,
) -> tuple[dict[str, Document], list[Row]]:
    """What a run leaves of these documents, and tells."""
    present = dict(documents)
    plan = plan_of(PARTITION, entries, present, locked, how)
    waiting = Waiting(present, plan.targets)
    while writes := waiting.next_writes():
        assert len(writes) <= MOST_WRITES
        for write in writes:
            assert write.before == present.get(write.after["id"])
            present[write.after["id"]] = write.after | {"_etag": "x", "_last_event_ctx": {"action": ACTION}}
        waiting.apply(writes, ["x"] * (len(writes) + 1))
        sound(present)
    assert waiting.shown() == {key: interval_of(one) for key, one in present.items() if is_live(one)}
    return present, [*plan.rows]


def sound(documents: Mapping[str, Document]) -> None:
    shown = sorted((interval_of(one) for one in documents.values() if is_live(one)), key=lambda one: one.start)
    for before, after in pairwise(shown):
        assert (before.end or LATEST) <= after.start


def shown(documents: Mapping[str, Document]) -> dict[int, Interval]:
    return {UUID(key).int: interval_of(one) for key, one in documents.items() if is_live(one)}


def told(rows: Sequence[Row]) -> list[tuple[int, str, str]]:
    return [(UUID(row.item_id).int, row.remark.code, row.remark.done) for row in rows]


def by_id(*documents: Document) -> dict[str, Document]:
    return {document["id"]: document for document in documents}


def test_what_is_deleted_in_the_old_system_is_deleted_here_with_the_same_mark() -> None:
    gone = str(uuid4())
    here, _ = bring([old(1, of(8, 9)), old(2, of(9, 10))], {})

    later, rows = bring([old(1, of(8, 9), deleted=gone), old(2, of(9, 10))], here)

    assert later[str(UUID(int=1))]["deleted"] == gone
    assert shown(later) == {2: of(9, 10)}
    assert rows == []


def test_what_had_to_give_way_gets_its_time_back_when_the_other_one_is_deleted() -> None:
    first = [old(1, of(8, 12)), old(2, of(9, 10)), old(3, of(8, 12))]
    here, rows = bring(first, {})
    assert shown(here) == {1: of(8, 9), 2: of(9, 10)}
    assert told(rows) == [(1, "overlap", "end moved"), (3, "overlap", "left out")]

    later, rows = bring([first[0], old(2, of(9, 10), deleted="x"), old(3, of(8, 12), deleted="x")], here)

    assert shown(later) == {1: of(8, 12)}
    assert rows == []


def test_what_somebody_has_changed_here_stays_and_is_told() -> None:
    here, _ = bring([old(1, of(8, 9)), old(2, of(9, 10)), old(3, of(10, 11)), old(4, of(11, 12))], {})
    for number in (1, 2, 3):
        here[str(UUID(int=number))] |= {"_last_event_ctx": {"action": "update"}}
    here[str(UUID(int=2))] |= dates(of(9, 9.5))
    here[str(UUID(int=3))] |= {"deleted": "x", "_last_event_ctx": {"action": "delete"}}

    entries = [old(1, of(8, 9)), old(2, of(9, 10)), old(3, of(10, 11.5), _ts=2), old(4, of(11, 12))]
    later, rows = bring(entries, here)

    assert later == here
    assert told(rows) == [(2, "changed_here", "kept"), (3, "changed_in_both", "kept")]
    assert [row.time.milliseconds for row in rows if row.time] == [-1_800_000, -5_400_000]


def test_a_locked_period_is_not_touched() -> None:
    here, _ = bring([old(1, of(8, 9)), old(2, of(12, 13)), old(3, of(20, 21)), old(4, of(22, 23))], {})
    locked = [of(10, 19)]

    moved_in, shortened, added = old(1, of(11, 12)), old(2, of(12, 12.5)), [old(5, of(18, 20)), old(6, of(9, 10))]
    entries = [moved_in, shortened, old(3, of(20, 21), deleted="x"), old(4, of(22, 23)), *added]
    later, rows = bring(entries, here, locked)

    assert shown(later) == {1: of(8, 9), 2: of(12, 13), 4: of(22, 23), 6: of(9, 10)}
    assert told(rows) == [(1, "period_locked", "kept"), (2, "period_locked", "kept"), (5, "period_locked", "left out")]
    assert told(bring([old(2, of(12, 13), deleted="x")], here, locked)[1]) == [(2, "period_locked", "kept")]
    assert told(bring([old(7, of(5))], {}, locked)[1]) == [(7, "period_locked", "left out")]


def test_an_entry_that_is_too_long_keeps_its_hours() -> None:
    here, rows = bring([old(1, of(0, 200)), old(2, of(300))], {})

    assert shown(here) == {1: of(0, 200), 2: of(300)}
    assert told(rows) == [(1, "entry_too_long", "kept"), (2, "entry_too_long", "kept")]


def test_entries_that_change_places_never_overlap_on_the_way() -> None:
    count = MOST_WRITES + 20
    here, _ = bring([old(number, of(number, number + 1)) for number in range(count)], {})

    turned = [old(number, of((number + 1) % count, (number + 1) % count + 1)) for number in range(count)]
    later, rows = bring(turned, here)

    assert shown(later) == {number: of((number + 1) % count, (number + 1) % count + 1) for number in range(count)}
    assert rows == []


def test_hours_are_added_up_by_the_month_of_the_start_and_explained_by_the_rows() -> None:
    night = Interval(datetime(2024, 3, 31, 23, tzinfo=UTC), datetime(2024, 4, 1, 1, tzinfo=UTC))
    evening = Interval(datetime(2024, 3, 31, 23, tzinfo=UTC), datetime(2024, 4, 1, 0, tzinfo=UTC))
    entries = [old(1, night), old(2, evening), old(3, of(8))]
    here, rows = bring(entries, by_id(native(9, of(5, 6))))

    months = hours_of(entries, {key: interval_of(one) for key, one in here.items()}, rows)

    assert {name: (one.old, one.new, one.listed) for name, one in months.items()} == {
        # The timer was forgotten: of it, 8 hours count.
        "2024-03": (10_800_000, 32_400_000, 21_600_000),
        "2024-04": (0, 3_600_000, 3_600_000),
    }
    assert months["2024-03"].recorded_here == 3_600_000


INTERVALS = st.builds(
    lambda start, length: Interval(at(start), at(start + length) if length else None),
    st.integers(0, 30),
    st.sampled_from([0, *range(1, 9)]),
)
VERSIONS = st.lists(st.tuples(st.integers(1, 9), INTERVALS, st.booleans()), max_size=12)


def entries_of(version: Sequence[tuple[int, Interval, bool]], written_at: int) -> list[OldEntry]:
    """A version of the old database: each number at most once."""
    return [
        replace(old(number, interval, **({"deleted": str(UUID(int=number))} if deleted else {})), written_at=written_at)
        for number, interval, deleted in {one[0]: one for one in version}.values()
    ]


def submitted(here: Mapping[str, Document], period: Interval) -> list[Interval]:
    """The period, where it can be locked: a submission with a timer in it, or one that reaches over, is refused."""
    met = [entry for entry in map(interval_of, filter(is_live, here.values())) if overlap(entry, period)]
    inside = all(entry.end and period.start <= entry.start and entry.end <= (period.end or LATEST) for entry in met)
    return [period] if inside else []


def untouched_by_the_run(before: Mapping[str, Document], after: Mapping[str, Document], locked: list[Interval]) -> None:
    """What people made or changed here, and what lies in a locked period, is as it was."""
    for key, document in before.items():
        is_theirs = document["_last_event_ctx"] != {"action": ACTION}
        is_locked = is_live(document) and any(overlap(interval_of(document), one) for one in locked)
        assert after[key] == document or not (is_theirs or is_locked)


@given(
    st.lists(st.tuples(VERSIONS, st.booleans(), st.sets(st.integers(1, 9)), st.booleans()), min_size=1, max_size=4),
    st.lists(INTERVALS, max_size=4),
)
def test_however_both_systems_change_every_run_is_sound_complete_and_explained(
    runs: list[tuple[list[tuple[int, Interval, bool]], bool, set[int], bool]], natives: list[Interval]
) -> None:
    here: dict[str, Document] = {}
    for number, interval in enumerate(natives, 100):
        if not any(overlap(interval, interval_of(one)) for one in here.values()):
            here |= by_id(native(number, interval))
    locked: list[Interval] = []
    for written_at, (version, trim, touched, lock) in enumerate(runs):
        how = replace(HOW, trim=trim)
        entries, before = entries_of(version, written_at), here

        here, rows = bring(entries, before, locked, how)
        again, rows_again = bring(entries, here, locked, how)

        untouched_by_the_run(before, here, locked)
        assert again == here
        live = {key: interval_of(one) for key, one in here.items() if is_live(one)}
        for told_rows in (rows, rows_again):
            for hours in hours_of(entries, live, told_rows).values():
                assert hours.new - hours.old == hours.listed
        for key in {str(UUID(int=number)) for number in touched} & here.keys():
            here[key] = here[key] | {"_last_event_ctx": {"action": "update"}, "description": "Changed"}
        locked = [one for one in [*locked, *([of(15, 18)] if lock else [])] if submitted(here, one)]
