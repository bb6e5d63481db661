"""What is kept of an import, while it runs and afterwards."""

from shared import instants
from shared.auth.caller import Caller
from shared.imports import records, running
from shared.imports.rows import Options
from shared.imports.table import File
from shared.imports.taking_back import take_back
from tests.imports.importing import CSV, GENERIC, entries, file_of, generic
from tests.world import World

FILE = File(
    "f.csv",
    CSV,
    file_of(
        GENERIC, *(generic(f"2024-03-05T{hour:02}:00Z", f"2024-03-05T{hour + 1:02}:00Z") for hour in range(9, 14))
    ).encode(),
)


def caller_of(world: World) -> Caller:
    return Caller(world.admin.user_id, world.tenant_id, is_admin=True)


async def run(world: World, *, resume: bool) -> int:
    prepared = await running.prepare(caller_of(world), instants.now(), FILE, Options("generic"), dry_run=False)
    return sum([part.created async for part in prepared.run(resume=resume, rows_at_once=2)])


async def test_two_runs_of_an_import_keep_each_others_owners(world: World) -> None:
    caller = caller_of(world)
    record = records.new(caller, instants.now(), records.id_of(caller, FILE, Options("generic")), FILE, 5)

    await records.keep(caller, record, ["a"], 2)
    await records.keep(caller, record, ["c", "b"], 1)

    found = await records.get(caller, record["id"])
    assert (found["owners"], found["rows_done"]) == (["a", "b", "c"], 1)


async def test_what_was_taken_back_is_brought_again_by_a_run_that_is_resumed(world: World) -> None:
    assert await run(world, resume=False) == 5
    record = await records.get(caller_of(world), records.id_of(caller_of(world), FILE, Options("generic")))
    assert record["rows_done"] == 5

    assert sum([one.deleted async for one in take_back(caller_of(world), instants.now(), record)]) == 5

    assert await run(world, resume=True) == 5
    assert len(await entries(world.admin)) == 5
