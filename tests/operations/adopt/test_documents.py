"""What an old document becomes: the fields that it gets, and what is told of those that broke a rule."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.adopt.documents import OldEntry, entry_of, id_of, item_of
from shared.catalog.resources import PROJECTS, TECHNOLOGIES
from shared.catalog.schemas import ProjectBody
from shared.instants import format_instant
from shared.time_entries.rules import Interval
from shared.time_entries.schemas import TimeEntryBody

NOW = datetime(2026, 11, 27, 21, 0, 0, 123000, tzinfo=UTC)
PROJECT, ACTIVITY = "5b0c7d52-1d0e-4f6a-9f0a-6c1c5a1f2b11", "8e2f4c9a-3b7d-4c1e-8a55-0d9b7e6f1c22"
KNOWN = {
    "project": frozenset({PROJECT}),
    "activity": frozenset({ACTIVITY}),
    "customer": frozenset({PROJECT}),
    "project_type": frozenset[str](),
}
ENTRY = {
    "id": "b7c8d5a4-3a8e-4a59-8b0f-0d9f6f3c4e03",
    "project_id": PROJECT,
    "activity_id": ACTIVITY,
    "start_date": "2026-01-05T14:00:00.123Z",
    "end_date": "2026-01-05T15:00:00.123Z",
    "_ts": 1767621600,
}


def read(**fields: Any) -> OldEntry:
    return entry_of({**ENTRY, **fields}, NOW, KNOWN)


def codes(entry: OldEntry) -> list[str]:
    return [remark.code for remark in (*entry.remarks, *entry.time_remarks)]


def test_a_sound_entry_keeps_what_it_has() -> None:
    entry = read(description="Import", uri="TT-42", technologies=["python"], timezone_offset=-60)

    assert codes(entry) == []
    assert entry.fields == {
        "project_id": PROJECT,
        "activity_id": ACTIVITY,
        "description": "Import",
        "uri": "TT-42",
        "technologies": ["python"],
        "timezone_offset": -60,
    }
    assert entry.was == entry.wanted == entry.interval
    assert entry.written_at == ENTRY["_ts"]


def test_what_is_missing_or_null_has_its_default() -> None:
    nulls = dict.fromkeys(("description", "uri", "technologies", "timezone_offset", "deleted"))

    for entry in (read(**nulls), read()):
        assert codes(entry) == []
        assert {entry.fields[name] for name in ("description", "uri")} == {None}
        assert (entry.fields["technologies"], entry.fields["timezone_offset"]) == ([], 300)
        assert entry.deleted is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2020-03-05T10:00:00.123Z", "2020-03-05T10:00:00.1230000Z"),
        ("2020-03-05T10:00:00.123999Z", "2020-03-05T10:00:00.1230000Z"),
        ("2020-03-05T10:00:00.1239999Z", "2020-03-05T10:00:00.1230000Z"),
        ("2020-03-05T05:00:00.5-05:00", "2020-03-05T10:00:00.5000000Z"),
        ("2020-03-05T10:00:00", "2020-03-05T10:00:00.0000000Z"),
        ("2020-03-05 10:00:00+00:00", "2020-03-05T10:00:00.0000000Z"),
    ],
)
def test_dates_of_every_version_are_read_to_the_millisecond(text: str, kept: str) -> None:
    entry = read(start_date=text)

    assert codes(entry) == []
    assert entry.was
    assert format_instant(entry.was.start) == kept


@pytest.mark.parametrize("end", [{"end_date": None}, {"end_date": ""}, {}])
def test_an_entry_without_an_end_runs(end: dict[str, Any]) -> None:
    entry = entry_of({name: value for name, value in ENTRY.items() if name != "end_date"} | end, NOW, KNOWN)

    assert entry.wanted
    assert entry.wanted.end is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"start_date": None}, "start_date_invalid"),
        ({"start_date": 5}, "start_date_invalid"),
        ({"start_date": "2026-01-05"}, "start_date_invalid"),
        ({"start_date": "x" * 10_000}, "start_date_invalid"),
        ({"end_date": "soon"}, "end_date_invalid"),
        ({"end_date": ENTRY["start_date"]}, "end_not_after_start"),
        ({"end_date": "2026-01-05T13:00:00Z"}, "end_not_after_start"),
    ],
)
def test_an_entry_whose_dates_say_nothing_is_left_out(fields: dict[str, Any], code: str) -> None:
    entry = read(**fields)

    assert [(remark.code, remark.done) for remark in entry.time_remarks] == [(code, "left out")]
    assert entry.was is entry.wanted is None


def test_what_lies_ahead_waits_for_a_later_run() -> None:
    ahead = read(start_date=format_instant(NOW), end_date=format_instant(NOW + timedelta(hours=1)))
    half = read(start_date=format_instant(NOW - timedelta(hours=1)), end_date=format_instant(NOW + timedelta(hours=1)))

    assert (ahead.wanted, codes(ahead)) == (None, ["start_in_future"])
    assert half.wanted == Interval(NOW - timedelta(hours=1), NOW.replace(microsecond=100000))
    assert codes(half) == ["end_in_future"]


def test_a_deleted_entry_is_brought_as_one() -> None:
    deleted = str(uuid4())
    entry = read(deleted=deleted)

    assert (entry.deleted, entry.was, entry.wanted, codes(entry)) == (deleted, None, None, [])
    assert entry.interval


@pytest.mark.parametrize(
    ("fields", "kept", "code"),
    [
        ({"timezone_offset": "300"}, 300, None),
        ({"timezone_offset": "-60.0"}, -60, None),
        ({"timezone_offset": 120.0}, 120, None),
        ({"timezone_offset": "abc"}, 300, "timezone_offset_invalid"),
        ({"timezone_offset": 9000}, 300, "timezone_offset_invalid"),
        ({"timezone_offset": True}, 300, "timezone_offset_invalid"),
        ({"technologies": "python"}, ["python"], None),
        ({"technologies": [" a ", "a", None, "", 5]}, ["a", "5"], "technologies_invalid"),
        (
            {"technologies": [f"t{number}" for number in range(11)]},
            [f"t{n}" for n in range(10)],
            "technologies_invalid",
        ),
        ({"description": "a\x07b\ttab"}, "ab\ttab", "description_invalid"),
        ({"description": "half \ud800"}, "half ", "description_invalid"),
        ({"description": 5}, "5", "description_invalid"),
        ({"description": "e\u0301" * 1500}, "\xe9" * 1500, None),
        ({"description": "e" + "\u0301" * 40}, None, "description_invalid"),
        ({"description": "x" * 1501}, "x" * 1500, "description_too_long"),
        ({"uri": "u" * 2001}, "u" * 2000, "uri_too_long"),
        ({"uri": ""}, None, None),
        ({"project_id": PROJECT.upper()}, PROJECT, None),
        ({"project_id": ACTIVITY}, ACTIVITY, "project_not_found"),
        ({"project_id": None}, None, "project_not_found"),
        ({"activity_id": "dev"}, id_of("activity", "dev"), "activity_not_found"),
    ],
)
def test_each_field_gets_a_value_that_holds_to_the_rules(fields: dict[str, Any], kept: Any, code: str | None) -> None:
    entry = read(**fields)
    (name,) = fields

    assert entry.fields[name] == kept
    assert codes(entry) == ([code] if code else [])


def test_the_old_value_is_told_so_that_nothing_is_lost() -> None:
    (remark,) = read(description="x" * 1600).remarks

    assert (remark.old, remark.new, remark.done) == ("x" * 1600, "x" * 1500, "cut")


def test_an_id_that_is_no_uuid_becomes_one_that_is_always_the_same() -> None:
    entry, again = read(id="entry 5"), read(id="entry 5")

    assert entry.id == again.id == id_of("time_entry", "entry 5") != id_of("project", "entry 5")
    assert codes(entry) == ["id_invalid"]
    assert read(id=str(ENTRY["id"]).upper()).id == ENTRY["id"]


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=60)
    | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=13) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=15,
)


FIELDS = (*(ENTRY.keys() - {"id", "_ts"}), "uri", "technologies", "timezone_offset", "description", "deleted")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, ANYTHING)))
def test_whatever_an_old_entry_holds_it_becomes_one_that_the_api_takes(fields: dict[str, Any]) -> None:
    entry = read(**fields)

    sent = {**entry.fields, "project_id": entry.fields["project_id"] or PROJECT}
    sent["activity_id"] = sent["activity_id"] or ACTIVITY
    taken = TimeEntryBody().load(sent)
    assert {name: taken[name] for name in entry.fields} == sent


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(["name", *PROJECTS.fields, "deleted"], ANYTHING)))
def test_whatever_an_old_item_holds_it_becomes_one_that_the_api_takes(fields: dict[str, Any]) -> None:
    item = item_of({"id": ENTRY["id"], **fields}, PROJECTS, KNOWN)

    taken = ProjectBody().load(item.fields)
    assert {name: taken[name] for name in item.fields} == item.fields


@pytest.mark.parametrize(
    ("name", "kept", "code"),
    [
        ("Acme", "Acme", None),
        ("Acme ", "Acme", "name_invalid"),
        ("x" * 51, "x" * 50, "name_too_long"),
        ("Bad\x00\u202ename", "Badname", "name_invalid"),
        ("\u200b", "Unnamed", "name_invalid"),
        (None, "Unnamed", "name_invalid"),
    ],
)
def test_names_hold_to_the_rules(name: str | None, kept: str, code: str | None) -> None:
    item = item_of({"id": ENTRY["id"], "name": name}, TECHNOLOGIES, KNOWN)

    assert item.fields["name"] == kept
    assert [remark.code for remark in item.remarks] == ([code] if code else [])


def test_a_reference_of_the_catalog_that_leads_nowhere_is_dropped() -> None:
    item = item_of({"id": ENTRY["id"], "name": "P", "customer_id": ACTIVITY, "status": "Inactive"}, PROJECTS, KNOWN)

    assert (item.fields["customer_id"], item.fields["status"]) == (None, "inactive")
    assert [(remark.code, remark.old) for remark in item.remarks] == [("customer_not_found", ACTIVITY)]
