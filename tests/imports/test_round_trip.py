"""Whatever entries there are: each export layout of ours, imported into an empty tenant, makes the same entries."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.http.fields import clean_name, clean_text
from tests.calling import Person
from tests.imports.importing import CSV, XLSX, entries, imported
from tests.world import World

ZONE = "Europe/Berlin"
# A month in which the clocks go back, at its end.
FIRST = datetime(2024, 10, 1, tzinfo=UTC)
MONTH = {"start_date": "2024-09-30", "end_date": "2024-11-02", "timezone": ZONE}
LAYOUTS: dict[str, tuple[str, str, dict[str, str]]] = {
    "entries": ("generic", CSV, {"format": "csv"}),
    "entries with semicolons": ("generic", CSV, {"format": "csv", "delimiter": ";", "bom": "true"}),
    "toggl": ("toggl", CSV, {"format": "csv", "layout": "toggl"}),
    "toggl with tabs": ("toggl", CSV, {"format": "csv", "layout": "toggl", "delimiter": "tab"}),
}
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cf", "Co", "Cn", "Mn", "Me", "Zl", "Zp"]), max_size=20
)
NAMES = WORDS.filter(lambda one: "," not in one and _is_name(one))
# What is kept of an entry, but for its ids and, in Toggl's columns, its `uri`.
KEPT = (
    "start_date", "end_date", "description", "technologies", "billable", "project_name", "customer_name",
    "activity_name",
)  # fmt: skip


def _is_name(name: str) -> bool:
    try:
        return clean_name(name) == name and len(name) <= 50
    except ValueError:
        return False


@st.composite
def worked(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Disjoint entries, in whole seconds as files show them, some across midnight and the change of the clocks."""
    found, start = [], FIRST
    for _ in range(draw(st.integers(1, 6))):
        start += timedelta(seconds=draw(st.integers(0, 6 * 86_400)))
        end = start + timedelta(seconds=draw(st.integers(1, 30 * 3600)))
        found.append(
            {
                "start_date": start.isoformat(),
                "end_date": end.isoformat(),
                "description": draw(st.one_of(st.none(), WORDS.map(lambda one: clean_text(one) or None), FORMULAS)),
                "technologies": draw(st.lists(NAMES, max_size=3, unique=True)),
                "billable": draw(st.booleans()),
            }
        )
        start = end
    return found


FORMULAS = st.sampled_from(["=1+1", "'=1", "''@x", "-", "+1", "two\nlines", 'say "x"; y', "\ttab"])


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=12)
@given(data=st.data())
async def test_an_export_is_imported_as_it_was(world: World, layout: str, data: st.DataObject) -> None:
    form, media_type, query = LAYOUTS[layout]
    old = world.person()
    new = empty_tenant(old)
    bare = await world.project_named(f"Alone {old.user_id[:8]}")
    for number, entry in enumerate(data.draw(worked())):
        project = {"project_id": bare["id"]} if number % 2 else {}
        (await old.post("time-entries", {**world.references, **entry, **project})).ok(201)
    exported = await old.get("reports/entries", {**MONTH, **query})

    result = await imported(new, exported.content, form, ZONE, media_type=media_type)

    before, after = [await entries(who, 2024, 10) for who in (old, new)]
    assert result["failed"] == []
    assert [code for code in (one["code"] for one in result["notes"]) if code != "time_comes_twice"] == []
    assert [_kept(one) for one in after] == [_kept(one) for one in before]


async def test_a_workbook_of_ours_is_imported_without_its_title_and_totals(world: World) -> None:
    await world.entry("10:00", "11:30", description="=1+1", technologies=["a", "b"], uri="TT-1")
    await world.entry("12:00", "12:45", billable=False)
    new = empty_tenant(world.user)
    march = {"start_date": "2024-03-01", "end_date": "2024-03-31", "timezone": ZONE, "format": "xlsx"}

    exported = await world.user.get("reports/entries", march)
    result = await imported(new, exported.content, "generic", ZONE, media_type=XLSX)

    assert (result["rows"], result["failed"], result["notes"]) == (2, [], [])
    before, after = [await entries(who) for who in (world.user, new)]
    assert [_kept(one) for one in after] == [_kept(one) for one in before]
    assert after[0]["uri"] == "TT-1"


@pytest.mark.parametrize(("media_type", "file"), [(CSV, "csv"), (XLSX, "xlsx")])
async def test_what_runs_while_it_is_exported_is_not_imported_as_if_it_had_ended(
    world: World, media_type: str, file: str
) -> None:
    (await world.user.post("time-entries", world.references)).ok(201)
    day = {"timezone": ZONE, "start_date": str(datetime.now(UTC).date() - timedelta(days=1)), "format": file}

    exported = await world.user.get("reports/entries", {**day, "end_date": str(datetime.now(UTC).date())})
    result = await imported(empty_tenant(world.user), exported.content, "generic", ZONE, media_type=media_type)

    assert [one["code"] for one in result["failed"]] == ["end_missing"]


def empty_tenant(who: Person) -> Person:
    """The same person, as the administrator of a tenant in which there is nothing."""
    return replace(who, tenant_id=str(uuid4()), admin=True)


def _kept(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in KEPT}
