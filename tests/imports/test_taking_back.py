"""Taking an import back: what it made and nobody has touched since, and nothing else."""

from typing import Any
from uuid import uuid4

from tests.calling import Item, Person
from tests.imports.importing import GENERIC, entries, file_of, generic, imported
from tests.world import World


def hours(*starts: int) -> str:
    """A file with an entry of an hour at each of these hours."""
    return file_of(
        GENERIC, *(generic(f"2024-03-05T{start:02}:00:00Z", f"2024-03-05T{start + 1:02}:00:00Z") for start in starts)
    )


async def taken_back(who: Person, result: Item) -> Any:
    return (await who.delete(f"imports/{result['import_id']}")).ok()


async def test_what_it_made_is_gone_and_the_same_file_brings_it_back(world: World) -> None:
    own = await world.entry("06:00", "07:00")
    result = await imported(world.user, hours(9, 10, 11))
    before = await entries(world.user)

    assert await taken_back(world.user, result) == {"deleted": 3, "kept": []}
    assert [one["id"] for one in await entries(world.user)] == [own["id"]]
    assert await taken_back(world.user, result) == {"deleted": 0, "kept": []}

    again = await imported(world.user, hours(9, 10, 11))
    assert (again["import_id"], again["created"], again["unchanged"]) == (result["import_id"], 3, 0)
    assert await entries(world.user) == before
    assert [event["action"] for event in await world.outbox("time_entry", before[1])].count("import") == 2


async def test_what_somebody_changed_since_stays(world: World) -> None:
    result = await imported(world.user, hours(9, 10, 11))
    changed, deleted, _ = await entries(world.user)
    (await world.user.put(f"time-entries/{changed['id']}", {"description": "Mine"})).ok()
    (await world.user.delete(f"time-entries/{deleted['id']}")).ok(204)

    assert await taken_back(world.user, result) == {
        "deleted": 1, "kept": [{"id": changed["id"], "code": "changed_since"}],
    }  # fmt: skip

    again = await imported(world.user, hours(9, 10, 11))
    assert (again["created"], again["unchanged"]) == (1, 2)
    assert [one["description"] for one in await entries(world.user)] == ["Mine", "Work"]


async def test_an_entry_that_was_deleted_after_it_came_back_stays_deleted(world: World) -> None:
    result = await imported(world.user, hours(9))
    await taken_back(world.user, result)
    await imported(world.user, hours(9))
    (entry,) = await entries(world.user)
    (await world.user.delete(f"time-entries/{entry['id']}")).ok(204)

    assert (await imported(world.user, hours(9)))["unchanged"] == 1
    assert await entries(world.user) == []


async def test_anothers_import_does_not_exist(world: World) -> None:
    result = await imported(world.user, hours(9))
    entry = (await entries(world.user))[0]

    for who in (world.admin, world.person()):
        (await who.delete(f"imports/{result['import_id']}")).refused(404, "import_not_found")
    for other in (entry["id"], str(uuid4())):
        (await world.user.delete(f"imports/{other}")).refused(404, "import_not_found")
    (await world.user.delete("imports/x")).refused(422, "id_invalid")
    assert len(await entries(world.user)) == 1
