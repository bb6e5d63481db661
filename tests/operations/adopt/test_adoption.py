"""An organisation of the old system, with everything that it let pass, brought over by the command."""

from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from benchmarks.recording import recording
from operations.adopt.documents import deleted_of, id_of, instant_of
from shared import instants
from shared.instants import format_instant
from tests.application import Application
from tests.calling import Person
from tests.operations.adopt import adopting
from tests.operations.adopt.old_system import Generator, OldSystem

# Of 10,000 entries, each oddity has dozens.
ENTRIES = 10_000
# What the generator spoils, and the placing of entries finds.
EVERY_CODE = {
    "activity_not_found", "creation_date_invalid", "customer_not_found", "description_invalid", "description_too_long",
    "end_date_invalid", "end_in_future", "end_not_after_start", "entry_too_long", "id_invalid", "name_invalid",
    "name_taken", "name_too_long", "overlap", "owner_invalid", "owner_missing", "parent_invalid", "project_not_found",
    "project_type_not_found", "start_date_invalid", "start_in_future", "status_invalid", "technologies_invalid",
    "timer_forgotten", "timezone_offset_invalid", "uri_too_long",
}  # fmt: skip


async def test_an_organisation_is_brought_over_whole_and_every_difference_is_listed(
    new: Application, old: OldSystem, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    generator = Generator(str(uuid4()), instants.now())
    await old.fill(generator.documents(ENTRIES))
    there = await old.everything()

    async with recording(old.endpoint) as recorder:
        out = await adopting.run(new, old, tmp_path, endpoint=recorder.url)

    # Nothing was written to the old account.
    assert await old.everything() == there
    assert set(recorder.kinds) <= {"query", "query plan", "read"}
    here = await adopting.entries(new, generator.tenant_id)
    lines = adopting.lines_of(tmp_path / "adopted.csv")
    assert {line["code"] for line in lines} == EVERY_CODE
    assert "as the list explains" in out
    _check_entries(there["time_entry"], here, lines)
    _check_timelines(here)
    _check_hours(there["time_entry"], here, lines, adopting.lines_of(tmp_path / "adopted-hours.csv"))
    assert await adopting.findings() == []
    await _check_over_the_api(new, http, there, here)


def _check_entries(there: list[dict[str, Any]], here: dict[str, Any], lines: list[dict[str, str]]) -> None:
    """Each entry is here under its id with its references, or the list says why not."""
    listed = defaultdict(set)
    for line in lines:
        listed[line["id"]].add(line["done"])
    for entry in there:
        entry_id = str(id_of("time_entry", entry["id"]))
        if entry_id not in here:
            assert "left out" in listed[entry_id]
            continue
        found = here[entry_id]
        assert found.get("deleted") == deleted_of(entry)
        assert found["owner_id"] == id_of("owner", entry["owner_id"])
        assert (found["project_id"], found["activity_id"]) == (entry["project_id"], entry["activity_id"])
        dates = tuple(_date(entry.get(name)) for name in ("start_date", "end_date"))
        if (found["start_date"], found["end_date"]) != dates:
            assert listed[entry_id] - {"given another id"}
    assert here.keys() <= {str(id_of("time_entry", entry["id"])) for entry in there}


def _date(value: Any) -> str | None:
    moment = instant_of(value)
    return format_instant(moment) if moment else None


def _check_timelines(here: dict[str, Any]) -> None:
    """No owner has two timers, or two entries that overlap."""
    owners = defaultdict(list)
    for entry in adopting.live(here):
        owners[entry["owner_id"]].append(entry)
    for entries in owners.values():
        entries.sort(key=lambda entry: entry["start_date"])
        assert all(
            before["end_date"] and before["end_date"] <= after["start_date"] for before, after in pairwise(entries)
        )
    assert [entries[-1]["end_date"] for entries in owners.values()].count(None) > len(owners) / 2


def _check_hours(
    there: list[dict[str, Any]], here: dict[str, Any], lines: list[dict[str, str]], months: list[dict[str, str]]
) -> None:
    """The hours of both systems, added up here once more, and their difference by the list."""
    hours: defaultdict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0, 0])

    def add(place: int, owner_id: str, start: str, end: str, sign: int = 1) -> None:
        if start and end and end > start:
            hours[owner_id, start[:7]][place] += sign * adopting.milliseconds(start, end)

    for entry in there:
        if not entry.get("deleted"):
            owner_id = id_of("owner", entry.get("owner_id")) or ""
            add(0, owner_id, _date(entry.get("start_date")) or "", _date(entry.get("end_date")) or "")
    for entry in adopting.live(here):
        add(1, entry["owner_id"], entry["start_date"], entry["end_date"] or "")
    for line in lines:
        add(2, line["owner_id"], line["old_start"], line["old_end"], -1)
        add(2, line["owner_id"], line["new_start"], line["new_end"])
    told = {
        (line["owner_id"], line["month"]): [
            round(float(line[name]) * 1000) for name in ("old_seconds", "new_seconds", "listed")
        ]
        for line in months
    }
    assert {key: counts for key, counts in told.items() if any(counts)} == {
        key: counts for key, counts in hours.items() if any(counts)
    }
    assert all(new - old == listed for old, new, listed in hours.values())


async def _check_over_the_api(
    new: Application, http: aiohttp.ClientSession, there: dict[str, Any], here: dict[str, Any]
) -> None:
    """What was brought over is answered, shown by name, and can be changed as anything else."""
    tenant_id = there["time_entry"][0]["tenant_id"]
    admin = Person(http, new.url, tenant_id, admin=True)
    projects = {one["id"]: one for one in there["project"]}
    entry = next(one for one in adopting.live(here) if one["end_date"] and one["project_id"] in projects)
    owner = Person(http, new.url, tenant_id, entry["owner_id"])

    answered = (await owner.get(f"time-entries/{entry['id']}")).ok()
    assert answered["project_name"].startswith(projects[entry["project_id"]]["name"].strip())
    assert (await owner.put(f"time-entries/{entry['id']}", answered | {"description": "New"})).ok()[
        "description"
    ] == "New"
    running = (await owner.get("time-entries/running")).ok()
    assert (await owner.post(f"time-entries/{running['id']}/stop")).ok()["running"] is False
    names = [one["name"] for one in (await admin.get("customers")).ok()]
    assert {"Acme", "Acme (2)", "Acme (3)", "Andes Railways", "Quito Water", "x" * 50, "Unnamed"} <= set(names)
    unseen = {one["id"] for one in there["customer"] if one.get("deleted") or one.get("status") == "Inactive"}
    seen = {one["id"] for one in there["project"] if not one.get("deleted") and one.get("customer_id") not in unseen}
    assert {one["id"] for one in (await admin.get("projects")).ok()} == seen
    for path in ("project-types", "activities", "technologies"):
        for item in (await admin.get(path)).ok():
            assert (await admin.put(f"{path}/{item['id']}", item)).ok() == item


@pytest.mark.parametrize("overlaps", ["trim", "skip"])
async def test_a_dry_run_tells_all_of_it_and_writes_nothing(
    new: Application, old: OldSystem, tmp_path: Path, overlaps: str
) -> None:
    generator = Generator(str(uuid4()), instants.now())
    await old.fill(generator.documents(300, 3))
    told = []
    for arguments in (["--dry-run"], []):
        await adopting.run(new, old, tmp_path, "--overlaps", overlaps, *arguments)
        files = [adopting.lines_of(tmp_path / name) for name in ("adopted.csv", "adopted-hours.csv")]
        # What goes on now ends a little later in the second run.
        month = f"{generator.now:%Y-%m}"
        told.append(
            [
                line
                for lines in files
                for line in lines
                if line.get("code") != "end_in_future" and line.get("month") != month
            ]
        )
        if arguments:
            assert await adopting.entries(new, generator.tenant_id) == {}
            assert [one async for one in new.container("customer").read_all_items()] == []

    assert told[0] == told[1] != []
    assert await adopting.findings() == []
