"""An entry has the same fields everywhere: where a client writes it, where it is kept, and where it is answered."""

from typing import Any

from shared.time_entries.answers import TimeEntry
from shared.time_entries.entry import DEFAULTS, FIELDS
from shared.time_entries.schemas import TimeEntryBody
from tests.calling import Item, at, without_proposal
from tests.world import World

# A switch of one call, and no field of an entry.
SWITCHES = {"update_last_entry_if_overlap"}
# What an answer works out.
WORKED_OUT = {"running", "project_name", "customer_id", "customer_name", "activity_name", "owner_email"}


def other_than_the_defaults(world: World) -> Item:
    """A value for each field that the schema lets a client write."""
    examples: dict[str, Any] = {
        name: field.metadata["example"] for name, field in TimeEntryBody().fields.items() if name not in SWITCHES
    }
    dates = {"start_date": at("10:00"), "end_date": at("11:00")}
    return {**examples, **world.references, **dates, "timezone_offset": -120, "billable": False}


async def test_a_list_shows_what_get_shows_with_every_field_set(world: World) -> None:
    written = other_than_the_defaults(world)
    entry_id = (await world.user.post("time-entries", written)).ok(201)["id"]
    day = {"start_date": at("00:00"), "end_date": at("23:00")}

    one = (await world.user.get(f"time-entries/{entry_id}")).ok()

    assert {name: value for name, value in written.items() if one.get(name) != value or value == DEFAULTS[name]} == {}
    assert set(one) == set(TimeEntry().fields)
    assert (await world.user.get("time-entries", day)).ok() == [one]
    assert (await world.user.get("time-entries/paginated", day)).ok()["data"] == [one]
    (of_tenant,) = (await world.admin.get("time-entries", {**day, "user_id": "*"})).ok()
    # Who the owner is, the directory of this test does not know.
    assert {**of_tenant, "owner_email": one["owner_email"]} == one
    (reaching_in,) = (await world.user.get("time-entries", {**day, "start_date": at("10:30")})).ok()
    assert reaching_in == one
    (of_tenant,) = (await world.admin.get("time-entries", {**day, "start_date": at("10:30"), "user_id": "*"})).ok()
    assert {**of_tenant, "owner_email": one["owner_email"]} == one


async def test_a_running_and_a_latest_entry_show_what_get_shows_with_every_field_set(world: World) -> None:
    written = {name: value for name, value in other_than_the_defaults(world).items() if not name.endswith("_date")}
    entry_id = (await world.user.post("time-entries", written)).ok(201)["id"]

    one = (await world.user.get(f"time-entries/{entry_id}")).ok()

    assert {name: value for name, value in written.items() if one.get(name) != value} == {}
    assert without_proposal(await world.user.get("time-entries/running")) == one
    assert (await world.user.get("time-entries/latest")).ok() == [one]


def test_the_schemas_have_the_fields_of_an_entry_and_their_defaults() -> None:
    body = TimeEntryBody().fields

    assert set(body) - SWITCHES == {field.name for field in FIELDS if field.writable}
    assert set(TimeEntry().fields) == set(DEFAULTS) | WORKED_OUT
    optional = {name: field.load_default for name, field in body.items() if not field.required and name in DEFAULTS}
    # A new entry takes it from its project, which the schema does not know.
    assert optional.pop("billable") is None
    assert optional == {name: DEFAULTS[name] for name in optional}


async def test_null_and_nothing_stand_for_the_default(world: World) -> None:
    written = other_than_the_defaults(world)
    optional = {"description", "uri", "technologies", "timezone_offset"}
    entry = (await world.user.post("time-entries", written)).ok(201)
    bare = await world.entry("12:00", "13:00")

    emptied = (await world.user.put(f"time-entries/{entry['id']}", dict.fromkeys(optional))).ok()

    for shown in (emptied, bare):
        assert {name: shown[name] for name in optional} == {name: DEFAULTS[name] for name in optional}


async def test_a_document_without_a_value_shows_the_default(world: World) -> None:
    """An older version wrote it."""
    entry = await world.entry("10:00", "11:00", technologies=["x"], timezone_offset=0)
    old = await world.stored("time_entry", entry)
    missing = {name: value for name, value in old.items() if name not in {"technologies", "description"}}
    await world.app.container("time_entry").replace_item(entry["id"], {**missing, "timezone_offset": None})

    one = (await world.user.get(f"time-entries/{entry['id']}")).ok()

    assert one == {**entry, "technologies": [], "description": None, "timezone_offset": 300}
    assert (await world.user.get("time-entries", {"month": 3, "year": 2024})).ok() == [one]
