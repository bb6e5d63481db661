"""Whether an entry is billable: from its project when it is made, then its own."""

import pytest

from shared.time_entries.rules import billable_after
from tests.world import World


@pytest.mark.parametrize(
    ("current", "given", "of_new_project", "after"),
    [
        # Nothing said, null or the current value: it stays.
        (True, None, None, True), (False, None, None, False), (True, True, None, True), (False, False, None, False),
        # Another value is what somebody wants.
        (True, False, None, False), (False, True, None, True),
        # Another project brings its own, whatever of the old item was sent back with it.
        (True, None, False, False), (False, None, True, True), (True, True, False, False), (False, False, True, True),
        # What is said wins over the project.
        (True, False, True, False), (False, True, False, True),
    ],
)  # fmt: skip
def test_null_and_the_current_value_say_nothing(
    current: bool, given: bool | None, of_new_project: bool | None, after: bool
) -> None:
    assert billable_after(current, given, of_new_project) is after


async def test_a_project_is_billable_unless_it_says_otherwise(world: World) -> None:
    internal = await world.project_named("Internal", billable=False)

    assert world.project["billable"] is True
    assert internal["billable"] is False
    changed = (await world.admin.put(f"projects/{internal['id']}", {"billable": None})).ok()
    assert changed["billable"] is True
    assert {one["name"]: one["billable"] for one in (await world.user.get("projects")).ok()} == {
        "Internal": True, "Project": True,
    }  # fmt: skip
    (await world.admin.put(f"projects/{internal['id']}", {"billable": "no"})).refused(400)


async def test_a_new_entry_takes_its_projects_value_and_keeps_it(world: World) -> None:
    internal = await world.project_named("Internal", billable=False)
    of_project = await world.entry("08:00", "09:00", project_id=internal["id"], billable=None)
    said_otherwise = await world.entry("09:00", "10:00", project_id=internal["id"], billable=True)
    timer = await world.started(project_id=internal["id"])

    (await world.admin.put(f"projects/{internal['id']}", {"billable": True})).ok()

    for entry, expected in ((of_project, False), (said_otherwise, True), (timer, False)):
        assert entry["billable"] is expected
        assert (await world.user.get(f"time-entries/{entry['id']}")).ok()["billable"] is expected


async def test_another_project_brings_its_own_value_unless_the_body_says_another(world: World) -> None:
    internal = await world.project_named("Internal", billable=False)
    entry = await world.entry("08:00", "09:00")

    async def put(**fields: object) -> bool:
        shown = (await world.user.put(f"time-entries/{entry['id']}", fields)).ok()
        return bool(shown["billable"])

    # The whole item is sent back, with its present value.
    assert await put(project_id=internal["id"], billable=True) is False
    assert await put(project_id=world.project["id"]) is True
    assert await put(project_id=world.project["id"], billable=False) is False
    assert await put(description="x", billable=None) is False
    assert await put(project_id=internal["id"], billable=True) is True


async def test_what_changes_nothing_writes_nothing(world: World) -> None:
    entry = await world.entry("08:00", "09:00")
    before = await world.stored("time_entry", entry)

    for body in ({"billable": True}, {"billable": None}, entry):
        (await world.user.put(f"time-entries/{entry['id']}", body)).ok()

    assert await world.stored("time_entry", entry) == before


async def test_an_entry_from_before_is_billable_until_somebody_says_otherwise(world: World) -> None:
    internal = await world.project_named("Internal", billable=False)
    entry = await world.entry("08:00", "09:00", project_id=internal["id"])
    old = {name: value for name, value in (await world.stored("time_entry", entry)).items() if name != "billable"}
    await world.app.container("time_entry").replace_item(entry["id"], old)

    shown = (await world.user.put(f"time-entries/{entry['id']}", {"description": "x"})).ok()
    assert shown["billable"] is True
    assert "billable" not in await world.stored("time_entry", entry)

    changed = (await world.user.put(f"time-entries/{entry['id']}", {"billable": False})).ok()
    assert changed["billable"] is False
