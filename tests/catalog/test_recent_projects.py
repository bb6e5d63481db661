"""`/projects/recent`: what the caller worked on last."""

from tests.calling import Item
from tests.world import World


async def recent(world: World) -> list[str]:
    return [project["name"] for project in (await world.user.get("projects/recent")).ok()]


async def worked_on(world: World, projects: list[Item]) -> None:
    """An entry for each, one after the other."""
    for hour, project in enumerate(projects):
        await world.entry(f"{hour:02}:00", f"{hour:02}:30", project_id=project["id"])


async def test_projects_come_once_each_newest_first(world: World) -> None:
    first, second = [await world.project_named(name) for name in ("First", "Second")]
    await worked_on(world, [first, second, first])
    await world.entry("10:00", "11:00", who=world.person())

    assert await recent(world) == ["First", "Second"]


async def test_only_the_20_newest_entries_count(world: World) -> None:
    old, new = [await world.project_named(name) for name in ("Old", "New")]
    await worked_on(world, [old] + [new] * 20)

    assert await recent(world) == ["New"]


async def test_inactive_projects_and_those_of_inactive_customers_are_left_out(world: World) -> None:
    gone = await world.project_named("Gone")
    customer = await world.customer_named("Leaving")
    of_customer = await world.project_named("Of the leaving one", customer_id=customer["id"])
    await worked_on(world, [gone, of_customer, world.project])
    (await world.admin.delete(f"projects/{gone['id']}")).ok(204)
    (await world.admin.delete(f"customers/{customer['id']}")).ok(204)

    assert await recent(world) == [world.project["name"]]


async def test_there_is_an_empty_list_for_who_has_not_worked(world: World) -> None:
    assert await recent(world) == []
