"""An import from its file to its result, over HTTP."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from embedded_cosmos.testing import CosmosAccount
from shared import instants
from shared.auth.caller import Caller
from shared.imports import running
from shared.imports.rows import Options
from shared.imports.table import File
from tests.application import Application, application
from tests.imports.importing import (
    CSV,
    GENERIC,
    TOGGL,
    entries,
    failures,
    file_of,
    generic,
    imported,
    send,
    toggl,
)  # fmt: skip
from tests.world import World, make_world


async def test_a_file_becomes_entries_and_the_same_file_again_changes_nothing(world: World) -> None:
    file = file_of(
        TOGGL,
        toggl("2024-03-05 09:00:00", "10:30:00", "01:30:00", tags="a, b"),
        toggl("2024-03-05 11:00:00", "12:00:00", description="More", billable="No"),
    )

    first = await imported(world.user, file, "toggl", "Europe/Berlin", file_name="march.csv")
    again = await imported(world.user, file, "toggl", "Europe/Berlin")

    made = await entries(world.user)
    assert first == {
        "import_id": first["import_id"], "rows": 2, "created": 2, "unchanged": 0, "failed": [], "notes": [],
        "made": {"customers": 0, "projects": 0, "activities": 0},
    }  # fmt: skip
    assert again == {**first, "created": 0, "unchanged": 2}
    assert [(one["start_date"], one["end_date"]) for one in made] == [
        ("2024-03-05T08:00:00.0000000Z", "2024-03-05T09:30:00.0000000Z"),
        ("2024-03-05T10:00:00.0000000Z", "2024-03-05T11:00:00.0000000Z"),
    ]
    assert [(one["description"], one["billable"], one["technologies"], one["timezone_offset"]) for one in made] == [
        ("Work", True, ["a", "b"], -60), ("More", False, [], -60),
    ]  # fmt: skip
    (event,) = await world.outbox("time_entry", made[0])
    assert (event["action"], event["description"]) == ("import", "Import a time entry from march.csv")
    assert event["changes"]["import_id"] == [None, first["import_id"]]


async def test_a_bad_row_is_listed_and_stops_no_other(world: World) -> None:
    file = file_of(
        GENERIC,
        generic("2024-03-05T09:00:00Z", "2024-03-05T10:00:00Z"),
        generic("2024-03-05T09:30:00Z", "2024-03-05T10:30:00Z"),
        generic("2024-03-05T12:00:00Z", "2024-03-05T11:00:00Z"),
        generic("2024-03-05T09:00:00Z", "2024-03-05T10:00:00Z"),
        generic("yesterday", "2024-03-05T11:00:00Z"),
        generic("2124-03-05T09:00:00Z", "2124-03-05T10:00:00Z"),
        generic("2024-03-05T13:00:00Z", "2024-03-05T14:00:00Z", "x" * 1501),
        generic("2024-03-05T13:00:00Z", "2024-03-05T14:00:00Z", project="Unknown"),
        generic("2024-03-05T14:00:00Z", "2024-03-05T15:00:00Z"),
    )

    result = await imported(world.user, file)

    assert failures(result) == [
        (3, "time_entry_overlap"), (4, "end_not_after_start"), (5, "time_entry_overlap"), (6, "date_invalid"),
        (7, "end_in_future"), (8, "validation_failed"), (9, "project_not_found"),
    ]  # fmt: skip
    assert (result["rows"], result["created"]) == (9, 2)
    assert len(await entries(world.user)) == 2


async def test_a_run_that_is_resumed_skips_the_parts_that_are_done(world: World) -> None:
    """With parts of two rows, since a file of many thousands takes long."""
    hours = [generic(f"2024-03-05T{hour:02}:00Z", f"2024-03-05T{hour + 1:02}:00Z") for hour in range(9, 14)]
    caller = Caller(world.admin.user_id, world.tenant_id, is_admin=True)
    file = File("f.csv", CSV, file_of(GENERIC, *hours).encode())

    async def parts(*, resume: bool, most: int = 9) -> list[tuple[int, int, int]]:
        prepared = await running.prepare(caller, instants.now(), file, Options("generic"), dry_run=False)
        found = []
        async for part in prepared.run(resume=resume, rows_at_once=2):
            found.append((part.done, part.created, part.unchanged))
            if len(found) == most:
                break
        return found

    assert await parts(resume=False, most=2) == [(2, 2, 0), (4, 2, 0)]
    # What was done when it was cut off is known of whole parts before the last.
    assert await parts(resume=True) == [(4, 0, 2), (5, 1, 0)]
    assert await parts(resume=True) == []
    assert await parts(resume=False) == [(2, 0, 2), (4, 0, 2), (5, 0, 1)]
    assert len(await entries(world.admin)) == 5


@pytest.fixture(scope="module")
async def small(cosmos_account: CosmosAccount, app: Application) -> AsyncIterator[Application]:
    """The app, which imports two rows at most."""
    del app
    async with application(cosmos_account, IMPORT_MOST_ROWS="2") as served:
        yield served


async def test_more_rows_than_the_setting_allows_are_refused_with_the_commands_name(
    small: Application, http: aiohttp.ClientSession
) -> None:
    world = await make_world(http, small)
    hours = [generic(f"2024-03-05T{hour:02}:00Z", f"2024-03-05T{hour + 1:02}:00Z") for hour in range(9, 12)]

    refused = (await send(world.user, file_of(GENERIC, *hours))).refused(422, "import_too_large")
    assert "python cli.py import" in refused["message"]
    (await send(world.user, file_of(GENERIC, *hours), dry_run="true")).refused(422, "import_too_large")
    assert await entries(world.user) == []
    assert (await imported(world.user, file_of(GENERIC, *hours[:2])))["created"] == 2


@pytest.mark.parametrize(
    "query", [{"format": "excel"}, {"date_format": "ydm"}, {"dry_run": "yes"}, {"default_activity": "\u2800"}]
)
async def test_a_bad_question_is_400(world: World, query: dict[str, str]) -> None:
    asked = {"form": "generic", **query}
    asked["form"] = asked.pop("format", "generic")
    assert (await send(world.user, GENERIC, **asked)).refused(400, "validation_failed")["errors"]


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_other_methods_are_405(world: World, method: str) -> None:
    (await world.user.call(method, "imports")).refused(405)
