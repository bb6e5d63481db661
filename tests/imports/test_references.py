"""What rows name: found by name and customer, or made by an administrator's import."""

from tests.imports.importing import (
    CLOCKIFY,
    GENERIC,
    entries,
    failures,
    file_of,
    generic,
    imported,
)  # fmt: skip
from tests.world import World

NEW = ("2024-03-05T09:00:00Z", "2024-03-05T10:00:00Z")
LATER = ("2024-03-05T11:00:00Z", "2024-03-05T12:00:00Z")


async def test_an_administrators_file_makes_what_it_lacks_once(world: World) -> None:
    file = file_of(
        GENERIC,
        generic(*NEW, client="New customer", project="New project", task="New activity"),
        generic(*LATER, client="New customer", project="New project", task=""),
    )

    dry = await imported(world.admin, file, dry_run="true")
    assert (await world.admin.get("customers")).ok()[0]["name"] == "Customer"
    assert len((await world.admin.get("customers")).ok()) == 1
    result = await imported(world.admin, file)

    made = {"customers": 1, "projects": 1, "activities": 2}
    assert dry == {**result, "import_id": None}
    assert (result["made"], result["created"]) == (made, 2)
    names = ("customer_name", "project_name", "activity_name")
    assert [tuple(one[name] for name in names) for one in await entries(world.admin)] == [
        ("New customer", "New project", "New activity"), ("New customer", "New project", "Imported"),
    ]  # fmt: skip
    assert (await imported(world.admin, file))["made"] == dict.fromkeys(made, 0)


async def test_an_ordinary_users_file_makes_nothing(world: World) -> None:
    result = await imported(
        world.user,
        file_of(
            GENERIC,
            generic(*NEW, client="New customer"),
            generic(*NEW, project="New project"),
            generic(*NEW, task=""),
            generic(*NEW),
        ),
        default_activity="New activity",
    )

    assert failures(result) == [(2, "project_not_found"), (3, "project_not_found"), (4, "activity_not_found")]
    assert result["created"] == 1
    assert result["made"] == {"customers": 0, "projects": 0, "activities": 0}


async def test_a_row_that_can_not_be_written_makes_nothing(world: World) -> None:
    broken = generic("2024-03-05T09:00:00Z", "never", project="New project")
    result = await imported(world.admin, file_of(GENERIC, broken, generic(*NEW, project="x" * 51)))

    assert failures(result) == [(2, "date_invalid"), (3, "validation_failed")]
    assert result["made"]["projects"] == 0


async def test_without_customers_in_the_file_a_name_must_be_unique(world: World) -> None:
    other = await world.customer_named("Other")
    await world.project_named("Project", customer_id=other["id"])
    alone = await world.project_named("Alone", customer_id=other["id"])
    header = CLOCKIFY.replace('"Client",', "")
    rows = [
        f'"{project}","Work","Activity","Somebody","","","","Regular","Yes","No","","03/25/2024","{hour}:00","03/25/2024",'
        f'"{hour}:30","0:30","0.50","1.00","0.50","03/25/2024"'
        for project, hour in (("Alone", 9), ("Project", 10))
    ]

    result = await imported(world.admin, file_of(header, *rows), "clockify", "UTC")

    assert failures(result) == [(3, "project_ambiguous")]
    assert (await entries(world.admin))[0]["project_id"] == alone["id"]


async def test_a_project_of_another_customer_is_another(world: World) -> None:
    file = file_of(GENERIC, generic(*NEW), generic(*LATER, client=""))

    result = await imported(world.admin, file)

    assert (result["made"]["projects"], result["made"]["customers"]) == (1, 0)
    assert [one["customer_name"] for one in await entries(world.admin)] == ["Customer", ""]


async def test_a_renamed_project_makes_nothing_double(world: World) -> None:
    file = file_of(GENERIC, generic(*NEW))
    await imported(world.admin, file)
    (await world.admin.put(f"projects/{world.project['id']}", {"name": "Renamed"})).ok()

    again = await imported(world.admin, file)

    assert (again["unchanged"], again["made"]["projects"]) == (1, 0)
