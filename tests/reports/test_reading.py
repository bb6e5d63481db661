"""Reports over the API: whose time, which of it, by which groups, and money for administrators alone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from embedded_cosmos.testing import CosmosAccount
from shared.instants import ZONE_DATA
from tests.application import application
from tests.calling import Item, Person, ago
from tests.world import World, make_world

MARCH = {"start_date": "2024-03-01", "end_date": "2024-03-31", "timezone": "UTC"}
TIME_FIELDS = {"start_date", "end_date", "timezone", "timezone_data", "seconds", "entries", "running",
               "billable_seconds", "amounts", "groups"}  # fmt: skip
GROUP_FIELDS = {"key", "name", "seconds", "entries", "billable_seconds", "amounts", "groups"}


async def by(person: Person, group_by: str, **query: Any) -> Item:
    report: Item = (await person.get("reports/time", {**MARCH, "group_by": group_by, **query})).ok()
    return report


def seconds(report: Item) -> dict[str, float]:
    return {group["key"]: group["seconds"] for group in report["groups"]}


async def test_a_report_has_all_its_fields(world: World) -> None:
    await world.entry("10:00", "11:00")

    report = await by(world.user, "customer,project,user")

    assert set(report) == TIME_FIELDS
    assert report["start_date"] == "2024-03-01T00:00:00.0000000Z"
    assert report["end_date"] == "2024-04-01T00:00:00.0000000Z"
    assert (report["timezone"], report["timezone_data"]) == ("UTC", ZONE_DATA)
    assert (report["seconds"], report["entries"], report["running"], report["billable_seconds"]) == (3600, 1, 0, 3600)
    assert report["amounts"] == []
    (customer,) = report["groups"]
    (project,) = customer["groups"]
    (user,) = project["groups"]
    for group in (customer, project, user):
        assert set(group) == GROUP_FIELDS
        assert (group["seconds"], group["entries"], group["billable_seconds"]) == (3600, 1, 3600)
    assert (customer["key"], customer["name"]) == (world.customer["id"], "Customer")
    assert (project["key"], project["name"]) == (world.project["id"], "Project")
    assert (user["key"], user["groups"]) == (world.user.user_id, [])


async def test_the_groups_are_projects_by_default_and_an_end_may_be_open(world: World) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    await world.entry(hour.isoformat(), (hour + timedelta(minutes=1)).isoformat())

    report = (await world.user.get("reports/time", {"start_date": ago(hours=4)})).ok()

    assert (report["timezone"], report["end_date"]) == (None, None)
    assert seconds(report) == {world.project["id"]: 60}


async def test_each_kind_of_group(world: World) -> None:
    alone = await world.project_named("Alone", billable=False)
    await world.entry("10:00", "11:00")
    await world.entry("11:00", "11:30", project_id=alone["id"])

    assert seconds(await by(world.user, "customer")) == {world.customer["id"]: 3600, "none": 1800}
    assert seconds(await by(world.user, "project")) == {world.project["id"]: 3600, alone["id"]: 1800}
    assert seconds(await by(world.user, "activity")) == {world.activity["id"]: 5400}
    assert seconds(await by(world.user, "user")) == {world.user.user_id: 5400}
    assert seconds(await by(world.user, "billable")) == {"true": 3600, "false": 1800}
    assert seconds(await by(world.user, "day")) == {"2024-03-05": 5400}
    assert seconds(await by(world.user, "week")) == {"2024-W10": 5400}
    assert seconds(await by(world.user, "month")) == {"2024-03": 5400}
    none = (await by(world.user, "customer"))["groups"][1]
    assert (none["key"], none["name"]) == ("none", "")


async def test_days_are_the_zones_own_and_those_between_are_there(world: World) -> None:
    await world.entry("2024-03-05T04:30:00Z", "2024-03-05T05:30:00Z")
    await world.entry("2024-03-08T12:00:00Z", "2024-03-08T13:00:00Z")

    report = await by(world.user, "day", timezone="america/new_york")

    assert report["timezone"] == "America/New_York"
    assert seconds(report) == {
        "2024-03-04": 1800, "2024-03-05": 1800, "2024-03-06": 0, "2024-03-07": 0, "2024-03-08": 3600,
    }  # fmt: skip
    assert (report["entries"], [group["entries"] for group in report["groups"]]) == (2, [1, 1, 0, 0, 1])


async def test_entries_are_cut_at_the_range_and_a_running_one_counts_to_now(world: World) -> None:
    await world.entry("2024-02-29T23:00:00Z", "2024-03-01T02:00:00Z")
    await world.entry("2024-03-31T23:30:00Z", "2024-04-01T05:00:00Z")
    assert (await by(world.user, "project"))["seconds"] == 2.5 * 3600

    timer = await world.started(start_date=ago(minutes=5))
    report = (await world.user.get("reports/time", {"start_date": ago(days=1)})).ok()

    assert (report["running"], report["entries"]) == (1, 1)
    assert 300 <= report["seconds"] < 330
    rows = (await world.user.get("reports/entries", {"start_date": ago(days=1)})).ok()
    assert [(row["id"], row["running"]) for row in rows["data"]] == [(timer["id"], True)]


async def test_rounding_is_of_each_entry_in_the_report_alone(world: World) -> None:
    await world.entry("10:00", "10:07")
    await world.entry("11:00", "11:08")

    assert (await by(world.user, "project"))["seconds"] == 15 * 60
    assert (await by(world.user, "project", rounding="up"))["seconds"] == 30 * 60
    assert (await by(world.user, "project", rounding="down"))["seconds"] == 0
    assert (await by(world.user, "project", rounding="nearest"))["seconds"] == 15 * 60
    assert (await by(world.user, "project", rounding="up", rounding_minutes=6))["seconds"] == 24 * 60


async def test_the_filters_of_lists_and_customer_and_billable(world: World) -> None:
    alone = await world.project_named("Alone", billable=False)
    await world.entry("10:00", "11:00", uri="TT-1")
    await world.entry("11:00", "11:30", project_id=alone["id"])
    old = await world.stored("time_entry", await world.entry("12:00", "12:15"))
    del old["billable"]
    await world.app.container("time_entry").replace_item(old["id"], old)

    for query, expected in (
        ({"customer_id": world.customer["id"]}, 4500),
        ({"customer_id": str(uuid4())}, 0),
        ({"customer_id": world.customer["id"], "project_id": alone["id"]}, 0),
        ({"project_id": alone["id"]}, 1800),
        ({"billable": "false"}, 1800),
        ({"billable": "true"}, 4500),
        ({"uri": "TT-1"}, 3600),
        ({"activity_id": str(uuid4())}, 0),
    ):
        for who, more in ((world.user, {}), (world.admin, {"user_id": "*"})):
            assert (await by(who, "project", **query, **more))["seconds"] == expected
            rows = (await who.get("reports/entries", {**MARCH, **query, **more})).ok()
            assert (rows["seconds"], rows["entries"]) == (expected, len(rows["data"]))


async def test_whose_time_one_may_see_is_as_in_lists(world: World) -> None:
    await world.entry("10:00", "11:00")
    await world.entry("10:00", "10:30", who=world.admin)

    assert (await by(world.user, "user"))["seconds"] == 3600
    assert (await by(world.admin, "user"))["seconds"] == 1800
    assert seconds(await by(world.admin, "user", user_id="*")) == {world.user.user_id: 3600, world.admin.user_id: 1800}
    assert seconds(await by(world.admin, "user", user_id=world.user.user_id)) == {world.user.user_id: 3600}
    for path in ("reports/time", "reports/entries"):
        (await world.user.get(path, {**MARCH, "user_id": "*"})).refused(403)


async def test_a_row_is_the_entry_as_lists_show_it_with_its_part(world: World) -> None:
    entry = await world.entry("2024-02-29T23:00:00Z", "2024-03-01T02:00:00Z", description="x")

    report = (await world.user.get("reports/entries", MARCH)).ok()

    assert report == {
        "data": [{**entry, "seconds": 7200, "amounts": []}], "seconds": 7200, "entries": 1, "running": 0, "amounts": [],
    }  # fmt: skip


async def test_money_is_for_administrators_alone(world: World) -> None:
    (await world.admin.post("rates", {"kind": "billable", "amount": "85.00", "currency": "EUR"})).ok(201)
    (await world.admin.post("rates", {"kind": "cost", "amount": "33.33", "currency": "USD"})).ok(201)
    await world.entry("10:00", "11:30")
    await world.entry("12:00", "13:00", billable=False)

    everyone = {"user_id": "*"}
    report = await by(world.admin, "billable", **everyone)
    rows = (await world.admin.get("reports/entries", {**MARCH, **everyone})).ok()

    # 1.5 hours at 33.33 are 49.995, which is kept as 50.00: half a cent goes to the even neighbour.
    amounts = [{"currency": "EUR", "billable": "127.50", "cost": "0.00"},
               {"currency": "USD", "billable": "0.00", "cost": "83.33"}]  # fmt: skip
    assert report["amounts"] == rows["amounts"] == amounts
    assert report["groups"][1]["amounts"] == [{"currency": "USD", "billable": "0.00", "cost": "33.33"}]
    for own in (await by(world.user, "billable"), (await world.user.get("reports/entries", MARCH)).ok()):
        assert "127.50" not in str(own)
        assert own["amounts"] == []


async def test_the_price_goes_by_the_entrys_own_day_and_a_raise_changes_nothing_before_it(world: World) -> None:
    for amount, since in (("80", None), ("90", "2024-03-06")):
        body = {"kind": "billable", "amount": amount, "currency": "EUR", "valid_from": since}
        (await world.admin.post("rates", body)).ok(201)
    # 22:00 on the fifth where it was worked, the sixth in UTC.
    await world.entry("2024-03-06T03:00:00Z", "2024-03-06T04:00:00Z", timezone_offset=300)
    await world.entry("2024-03-06T05:00:00Z", "2024-03-06T06:00:00Z", timezone_offset=300)

    report = await by(world.admin, "day", user_id="*")

    assert [group["amounts"][0]["billable"] for group in report["groups"]] == ["170.00"]
    assert [group["key"] for group in report["groups"]] == ["2024-03-06"]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"group_by": "project,week,project"}, "group_by"),
        ({"group_by": "customer,project,user,day"}, "group_by"),
        ({"group_by": "team"}, "group_by"),
        ({"rounding": "half"}, "rounding"),
        ({"rounding_minutes": "15"}, "rounding_minutes"),
        ({"rounding_minutes": "15", "rounding": "none"}, "rounding_minutes"),
        ({"rounding_minutes": "0", "rounding": "up"}, "rounding_minutes"),
        ({"rounding_minutes": "61", "rounding": "up"}, "rounding_minutes"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"start_date": "2024-03-02", "end_date": "2024-03-01"}, "end_date"),
        ({"format": "pdf"}, "format"),
        ({"customer_id": "x"}, "customer_id"),
        ({"billable": "yes"}, "billable"),
    ],
)
async def test_a_bad_question_is_400_and_names_what_is_wrong(world: World, query: dict[str, str], wrong: str) -> None:
    assert list((await world.user.get("reports/time", query)).refused(400)["errors"]) == [wrong]


async def test_a_layout_is_of_a_csv_of_entries_alone(world: World) -> None:
    (await world.user.get("reports/entries", {"layout": "toggl"})).refused(400)
    for form in ("json", "csv", "xlsx"):
        refused = (await world.user.get("reports/time", {"layout": "toggl", "format": form})).refused(400)
        assert list(refused["errors"]) == ["layout"]
    (await world.user.get("reports/entries", {"layout": "clockify", "format": "csv"})).refused(400)


async def test_a_report_of_too_many_entries_is_refused_and_never_cut(
    cosmos_account: CosmosAccount, http: aiohttp.ClientSession
) -> None:
    async with application(cosmos_account, REPORT_MOST_ENTRIES="2") as app:
        world = await make_world(http, app)
        for hour in (10, 11):
            await world.entry(f"{hour}:00", f"{hour}:30")
        assert (await by(world.user, "project"))["entries"] == 2
        await world.entry("2024-02-29T23:00:00Z", "2024-03-01T02:00:00Z")

        for path in ("reports/time", "reports/entries"):
            for form in ("json", "csv", "xlsx"):
                refused = (await world.user.get(path, {**MARCH, "format": form})).refused(422, "report_too_large")
                assert "3 time entries" in refused["message"]


async def test_nothing_worked_is_an_empty_report(world: World) -> None:
    assert (await by(world.user, "day"))["groups"] == []
    samoa = {"start_date": "2011-12-30", "end_date": "2011-12-30", "timezone": "Pacific/Apia"}
    await world.entry("2011-12-30T09:00:00Z", "2011-12-30T11:00:00Z")
    report = (await world.user.get("reports/time", {**samoa, "group_by": "day"})).ok()
    assert (report["entries"], report["seconds"]) == (0, 0)
    assert report["start_date"] == report["end_date"] == "2011-12-30T10:00:00.0000000Z"
    file = await world.user.get("reports/time", {**samoa, "format": "csv"})
    assert file.headers["Content-Disposition"] == 'attachment; filename="time 2011-12-30 to 2011-12-30.csv"'


@pytest.mark.parametrize(
    "zone", [{"timezone": "America/Guayaquil"}, {"timezone_offset": 840}, {"timezone_offset": -840}]
)
@pytest.mark.parametrize("form", ["json", "csv", "xlsx"])
async def test_work_on_the_first_day_that_there_is_can_be_reported(
    world: World, zone: dict[str, Any], form: str
) -> None:
    """West of UTC it would begin before year 1. Nobody may make a tenant's reports fail by writing such an entry."""
    (await world.admin.post("rates", {"kind": "billable", "amount": "85.00", "currency": "EUR"})).ok(201)
    await world.entry("0001-01-01T00:00:00Z", "0001-01-01T01:00:00Z", timezone_offset=840)

    for path, more in (("time", {"group_by": "day,week,month"}), ("entries", {}), ("entries", {"layout": "toggl"})):
        if more != {"layout": "toggl"} or form == "csv":
            query = {"end_date": "2000-01-01", "user_id": "*", "format": form, **zone, **more}
            answer = await world.admin.get(f"reports/{path}", query)
            assert answer.status == 200
            if form == "json":
                assert answer.body["seconds"] == 3600
                assert answer.body["amounts"] == [{"currency": "EUR", "billable": "85.00", "cost": "0.00"}]


async def test_days_that_are_too_many_to_show_are_refused_before_they_are_made(world: World) -> None:
    """A mistyped year must not hold up everybody else's calls."""
    await world.entry("0024-03-05T10:00:00Z", "0024-03-05T11:00:00Z")
    await world.entry("10:00", "11:00")
    everything = {"end_date": "2024-03-31"}

    for form in ("json", "csv", "xlsx"):
        query = {**everything, "format": form}
        refused = (await world.user.get("reports/time", {**query, "group_by": "day"})).refused(422, "report_too_large")
        assert "0024-03-05" in refused["message"]
        assert (await world.user.get("reports/time", {**query, "group_by": "month"})).status == 200


async def test_ones_own_name_is_there_even_if_the_directory_lacks_it(world: World) -> None:
    await world.entry("10:00", "11:00")

    assert (await by(world.user, "user"))["groups"][0]["name"] == "Somebody"
    assert (await by(world.admin, "user", user_id="*"))["groups"][0]["name"] == ""
