"""An import from its file to its result, over HTTP."""

from tests.imports.importing import (
    GENERIC,
    TOGGL,
    entries,
    failures,
    file_of,
    generic,
    imported,
    toggl,
)  # fmt: skip
from tests.world import World


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
