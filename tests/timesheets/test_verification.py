"""Verification: what was submitted is proved by its digest, and what differs is named."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

from operations import person
from operations.person import Person
from shared.cosmos.items import own_fields
from tests.application import ROOT
from tests.calling import Item, at
from tests.timesheets.test_store import decided, submitted
from tests.world import World


async def verified(world: World, timesheet: Item) -> Any:
    answer = (await world.user.get(f"timesheets/{timesheet['id']}/verification")).ok()
    assert set(answer) == {"intact", "entries"}
    return answer


async def tamper(world: World, entry: Item, **fields: Any) -> None:
    """Write behind the app's back, as an instance of a version before locks does."""
    stored = await world.stored("time_entry", entry)
    await world.app.container("time_entry").upsert_item({**own_fields(stored), **fields})


async def test_what_was_submitted_is_intact_in_any_state(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    timesheet = await submitted(world)
    assert await verified(world, timesheet) == {"intact": True, "entries": []}
    (await decided(world.admin, timesheet, "approve")).ok()
    assert await verified(world, timesheet) == {"intact": True, "entries": []}
    (await decided(world.admin, timesheet, "reopen")).ok()
    (await world.user.put(f"time-entries/{entry['id']}", {"description": "free text is no part of it"})).ok()
    assert await verified(world, timesheet) == {"intact": True, "entries": []}
    (await world.user.put(f"time-entries/{entry['id']}", {"end_date": at("10:59")})).ok()
    assert await verified(world, timesheet) == {"intact": False, "entries": [{"id": entry["id"], "reason": "changed"}]}


async def test_what_differs_is_named(world: World) -> None:
    changed, deleted, moved = [await world.entry(f"{hour}:00", f"{hour}:30") for hour in (10, 11, 12)]
    timesheet = await submitted(world)
    await tamper(world, changed, billable=False)
    await tamper(world, deleted, deleted=str(uuid4()))
    await tamper(world, moved, start_date=at("10:00", "2024-05-05"), end_date=at("10:30", "2024-05-05"))
    added = str(uuid4())
    await tamper(world, changed, id=added, start_date=at("14:00"), end_date=at("15:00"))

    answer = await verified(world, timesheet)

    assert not answer["intact"]
    assert {one["id"]: one["reason"] for one in answer["entries"]} == {
        changed["id"]: "changed",
        deleted["id"]: "missing",
        moved["id"]: "missing",
        added: "added",
    }
    (await decided(world.admin, timesheet, "approve")).refused(409, "timesheet_changed")
    (await decided(world.admin, timesheet, "reject")).ok()


async def test_an_administrator_sees_what_it_amounts_to_now(world: World) -> None:
    entry = await world.entry("10:00", "11:30")
    (await world.admin.post("rates", {"kind": "cost", "amount": "40.00", "currency": "EUR"})).ok(201)
    timesheet = await submitted(world)
    (await decided(world.admin, timesheet, "approve")).ok()
    await tamper(world, entry, end_date=at("11:00"))

    answer = (await world.admin.get(f"timesheets/{timesheet['id']}/verification")).ok()

    assert answer["amounts_now"] == [{"currency": "EUR", "billable": "0.00", "cost": "40.00"}]
    shown = (await world.admin.get(f"timesheets/{timesheet['id']}")).ok()
    assert shown["amounts"] == [{"currency": "EUR", "billable": "0.00", "cost": "60.00"}]
    (await world.person().get(f"timesheets/{timesheet['id']}/verification")).refused(404)


async def test_the_digest_alone_tells_where_the_list_of_what_was_submitted_is_gone(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    timesheet = await submitted(world)
    partition = [world.tenant_id, world.user.user_id]
    await world.app.container("time_entry").delete_item(f"{timesheet['id']}-entries", partition)

    assert await verified(world, timesheet) == {"intact": True, "entries": []}
    await tamper(world, entry, billable=False)
    assert await verified(world, timesheet) == {"intact": False, "entries": []}


def recipe() -> str:
    """The program that docs/timesheets.md gives to whoever wants to check a digest."""
    return (ROOT / "docs" / "timesheets.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]


async def test_anyone_can_check_the_digest_by_the_ten_lines_of_the_documentation(world: World, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    entry = await world.entry("10:00", "11:00", description="text with ünïcode", billable=False)
    (await world.user.delete(f"time-entries/{(await world.entry('12:00', '13:00'))['id']}")).ok(204)
    await world.entry(at("10:00", "2024-05-05"), at("11:00", "2024-05-05"))
    timesheet = await submitted(world)

    async def agrees() -> str:
        who = Person(world.tenant_id, world.user.user_id)
        lines = [json.dumps(record) async for record in person.export(who)]
        file.write_text("\n".join(lines), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", recipe(), str(file), timesheet["id"], stdout=asyncio.subprocess.PIPE
        )
        return (await process.communicate())[0].decode().strip()

    assert len([line for line in recipe().splitlines() if line and not line.startswith("import")]) <= 10
    assert await agrees() == "True"
    await tamper(world, entry, billable=True)
    assert await agrees() == "False"
