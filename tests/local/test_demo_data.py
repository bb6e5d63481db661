"""The demo data: the first report that someone tries shows all that a report can."""

from local import demo_data
from local.demo_tokens import DEMO_TENANT
from shared.timesheets.rules import STATES
from tests.application import Application
from tests.calling import Person
from tests.world import World


async def test_the_first_report_shows_money_in_two_currencies_and_work_that_nobody_pays(
    world: World, app: Application
) -> None:
    written: list[int] = []
    await demo_data.fill(2, 22, written.append)
    admin = Person(world.user.http, app.url, DEMO_TENANT, demo_data.ADMIN.id, admin=True)
    query = {"user_id": "*", "start_date": "2020-01-01", "timezone": "America/Guayaquil"}

    report = (await admin.get("reports/time", {**query, "group_by": "billable"})).ok()
    entries = (await admin.get("reports/entries", query)).ok()["data"]

    assert sum(written) == len(entries) == demo_data.entries_in(2, 22)
    assert [one["currency"] for one in report["amounts"]] == ["EUR", "USD"]
    assert {group["key"] for group in report["groups"]} == {"true", "false"}
    assert any(entry["start_date"][11:13] == "03" for entry in entries), "one that lasts over midnight in Ecuador"
    # Filled again, it changes nothing.
    await demo_data.fill(2, 22, written.append)
    assert (await admin.get("reports/entries", query)).ok()["data"] == entries
    assert len((await admin.get("rates")).ok()) == len(demo_data.RATES)
    # Of the last person there is a timesheet in each state.
    timesheets = (await admin.get("timesheets", {"user_id": "*"})).ok()
    assert {timesheet["status"] for timesheet in timesheets} == set(STATES)
    assert len(timesheets) == len(demo_data.TIMESHEETS)
