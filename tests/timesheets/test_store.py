"""Timesheets over the API: states, rights, and what becomes of a period that is locked."""

import asyncio
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from embedded_cosmos.testing import CosmosAccount
from tests.application import Application, application
from tests.calling import Answer, Item, Person, ago, at
from tests.time_entries.test_timeline import keys, timeline_of
from tests.world import World, make_world

FIELDS = {"id", "tenant_id", "owner_id", "start_date", "end_date", "timezone", "start", "end", "status", "comment",
          "history", "seconds", "entries", "amounts", "digest"}  # fmt: skip
# What a timeline had before there were locks, beside its parts.
BEFORE_LOCKS = ("id", "kind", "tenant_id", "owner_id")
MARCH = {"start_date": "2024-03-01", "end_date": "2024-03-31", "timezone": "UTC"}


async def submitted(world: World, who: Person | None = None, **fields: Any) -> Item:
    timesheet: Item = (await (who or world.user).post("timesheets", {**MARCH, **fields})).ok(201)
    return timesheet


async def decided(who: Person, timesheet: Item, action: str, comment: str | None = None) -> Answer:
    body = None if comment is None else {"comment": comment}
    return await who.post(f"timesheets/{timesheet['id']}/{action}", body)


async def test_a_submission_is_answered_with_all_its_fields(world: World) -> None:
    await world.entry("08:00", "09:30")
    await world.entry("10:00", "10:30")

    answer = await world.user.post("timesheets", {**MARCH, "timezone": "america/guayaquil", "comment": "  leave "})

    timesheet = answer.ok(201)
    assert set(timesheet) == FIELDS
    assert answer.headers["Location"] == f"/api/timesheets/{timesheet['id']}"
    assert (timesheet["status"], timesheet["seconds"], timesheet["entries"]) == ("submitted", 7200.0, 2)
    assert (timesheet["timezone"], timesheet["owner_id"]) == ("America/Guayaquil", world.user.user_id)
    assert timesheet["start"] == at("05:00", "2024-03-01")
    assert timesheet["end"] == at("05:00", "2024-04-01")
    (step,) = timesheet["history"]
    assert (step["status"], step["user_id"]) == ("submitted", world.user.user_id)
    got = await world.user.get(f"timesheets/{timesheet['id']}")
    assert got.ok() == timesheet
    assert got.headers["ETag"] == answer.headers["ETag"]
    assert (await world.user.get("timesheets")).ok() == [timesheet]


@pytest.mark.parametrize("approve", [False, True], ids=["submitted", "approved"])
async def test_nothing_in_a_locked_period_is_written(world: World, approve: bool) -> None:
    before, inside = await world.entry("22:00", "23:00"), await world.entry("10:00", "11:00", description="x")
    outside = await world.entry(at("10:00", "2024-02-05"), at("11:00", "2024-02-05"))
    after = await world.entry(at("10:00", "2024-04-05"), at("11:00", "2024-04-05"))
    timesheet = await submitted(world)
    if approve:
        (await decided(world.admin, timesheet, "approve")).ok()

    async def locked(call: Any) -> None:
        assert (await call).refused(409, "period_locked")["timesheet_id"] == timesheet["id"]

    user, inner = world.user, f"time-entries/{inside['id']}"
    within = {"start_date": at("12:00"), "end_date": at("13:00")}
    over = {"start_date": at("10:00", "2024-02-28"), "end_date": at("10:00", "2024-04-02")}
    await locked(user.post("time-entries", {**world.references, **within}))
    await locked(user.post("time-entries", {**world.references, **over}))
    await locked(user.post("time-entries", {**world.references, "start_date": at("12:00")}))
    await locked(user.post("time-entries", {**world.references, "start_date": at("12:00", "2024-02-20")}))
    await locked(user.put(inner, {"description": "y"}))
    await locked(user.put(inner, {"start_date": after["start_date"], "end_date": at("12:00", "2024-04-05")}))
    await locked(user.put(f"time-entries/{outside['id']}", within))
    await locked(user.put(f"time-entries/{outside['id']}", {"end_date": over["end_date"]}))
    await locked(user.put(f"time-entries/{outside['id']}", {"end_date": at("10:30")}))
    await locked(user.delete(inner))
    await locked(user.post(f"{inner}/restart"))
    await locked(user.post(f"time-entries/{outside['id']}/restart"))
    # The whole item sent back, as clients do, changes nothing.
    assert (await user.put(inner, inside)).ok() == inside
    (await user.put(f"time-entries/{outside['id']}", {"description": "z"})).ok()
    (await user.post(f"time-entries/{after['id']}/restart")).ok()
    assert (await user.get(f"time-entries/{before['id']}")).ok() == before


async def test_a_refusal_of_status_400_goes_before_the_lock_and_the_lock_before_an_overlap(world: World) -> None:
    await world.entry("10:00", "11:00")
    await submitted(world)

    overlapping = {**world.references, "start_date": at("10:30"), "end_date": at("10:45")}
    (await world.user.post("time-entries", overlapping)).refused(409, "period_locked")
    (await world.user.post("time-entries", {**overlapping, "project_id": str(uuid4())})).refused(400)
    (await world.user.post("time-entries", {**overlapping, "end_date": at("10:15")})).refused(400)


@pytest.mark.parametrize(("first", "action"), [("", "reject"), ("", "withdraw"), ("approve", "reopen")])
async def test_a_period_that_is_released_can_be_changed_and_submitted_again(
    world: World, first: str, action: str
) -> None:
    entry = await world.entry("10:00", "11:00")
    timesheet = await submitted(world)
    if first:
        (await decided(world.admin, timesheet, first)).ok()
    (await world.user.delete(f"time-entries/{entry['id']}")).refused(409, "period_locked")
    who = world.user if action == "withdraw" else world.admin

    released = (await decided(who, timesheet, action, "because")).ok()

    assert released["history"][-1]["comment"] == "because"
    (await world.user.delete(f"time-entries/{entry['id']}")).ok(204)
    again = await submitted(world)
    assert (again["entries"], again["seconds"]) == (0, 0.0)
    assert (await world.user.get(f"timesheets/{timesheet['id']}")).ok()["entries"] == 1


async def test_who_may_decide(world: World) -> None:
    timesheet, other_admin = await submitted(world), world.person(admin=True)

    for action in ("approve", "reject", "reopen"):
        (await decided(world.user, timesheet, action)).refused(403, "admin_only")
        (await decided(world.person(), timesheet, action)).refused(403, "admin_only")
    (await decided(world.admin, timesheet, "withdraw")).refused(403, "not_the_owner")
    (await decided(world.person(), timesheet, "withdraw")).refused(404, "timesheet_not_found")
    (await world.person().get(f"timesheets/{timesheet['id']}")).refused(404)
    own = await submitted(world, world.admin)
    (await decided(world.admin, own, "approve")).refused(403, "own_timesheet")
    (await decided(other_admin, own, "approve")).ok()
    (await decided(world.admin, own, "reopen")).refused(403, "own_timesheet")


async def test_a_transition_that_is_not_allowed_says_the_state(world: World) -> None:
    timesheet = await submitted(world)

    assert (await decided(world.admin, timesheet, "reopen")).refused(409, "timesheet_state")["state"] == "submitted"
    (await decided(world.admin, timesheet, "approve")).ok()
    for who, action in ((world.admin, "approve"), (world.admin, "reject"), (world.user, "withdraw")):
        assert (await decided(who, timesheet, action)).refused(409, "timesheet_state")["state"] == "approved"
    (await decided(world.admin, timesheet, "reopen")).ok()
    for who, action in ((world.admin, "approve"), (world.user, "withdraw"), (world.admin, "reopen")):
        assert (await decided(who, timesheet, action)).refused(409, "timesheet_state")["state"] == "reopened"


async def test_a_decision_is_conditional(world: World) -> None:
    timesheet = await submitted(world)
    tag = (await world.admin.get(f"timesheets/{timesheet['id']}")).headers["ETag"]
    (await decided(world.admin.with_headers(If_Match='"x"'), timesheet, "approve")).refused(412)
    (await decided(world.admin.with_headers(If_Match=tag), timesheet, "approve")).ok()
    (await decided(world.admin.with_headers(If_Match=tag), timesheet, "reopen")).refused(412)


async def test_of_two_decisions_at_once_one_wins(world: World) -> None:
    for _ in range(4):
        timesheet, other = await submitted(world), world.person(admin=True)
        answers = await asyncio.gather(
            decided(world.admin, timesheet, "approve"),
            decided(other, timesheet, "approve"),
            decided(world.user, timesheet, "withdraw"),
        )
        assert sorted(answer.status for answer in answers) == [200, 409, 409]
        if (await world.user.get(f"timesheets/{timesheet['id']}")).ok()["status"] == "approved":
            (await decided(other, timesheet, "reopen")).ok()


async def test_of_submissions_at_once_that_overlap_one_wins(world: World) -> None:
    answers = await asyncio.gather(*(world.user.post("timesheets", MARCH) for _ in range(4)))

    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]


async def test_an_overlapping_period_is_refused_and_a_touching_one_is_not(world: World) -> None:
    timesheet = await submitted(world)

    refused = await world.user.post("timesheets", {**MARCH, "start_date": "2024-03-31", "end_date": "2024-04-02"})
    assert refused.refused(409, "timesheet_overlap")["timesheet_id"] == timesheet["id"]
    # Hours of the last local evening are another zone's next day.
    elsewhere = {"start_date": "2024-04-01", "end_date": "2024-04-01", "timezone": "Asia/Tokyo"}
    (await world.user.post("timesheets", elsewhere)).refused(409, "timesheet_overlap")
    await submitted(world, start_date="2024-04-01", end_date="2024-04-30")
    await submitted(world, start_date="2024-02-01", end_date="2024-02-29")
    await submitted(world, world.admin)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"start_date": "2024-03-02", "end_date": "2024-03-01"}, "period_ends_before_it_starts"),
        ({"start_date": "2024-03-01", "end_date": "2024-05-02"}, "period_too_long"),
        ({"start_date": "2011-12-30", "end_date": "2011-12-31", "timezone": "Pacific/Apia"}, "day_skipped"),
        ({"start_date": "2011-12-29", "end_date": "2011-12-30", "timezone": "Pacific/Apia"}, "day_skipped"),
        ({"start_date": "2100-01-01", "end_date": "2100-01-02"}, "period_not_begun"),
        ({"start_date": "9999-12-01", "end_date": "9999-12-31"}, "period_not_begun"),
        ({"start_date": "2024-03-01T00:00:00Z"}, "validation_failed"),
        ({"end_date": None}, "validation_failed"),
        ({"timezone": None}, "validation_failed"),
        ({"timezone": ""}, "validation_failed"),
        ({"timezone": "Etc/Unknown"}, "validation_failed"),
        ({"timezone": "+05:00"}, "validation_failed"),
        ({"timezone": 5}, "validation_failed"),
        ({"comment": "x" * 1501}, "validation_failed"),
        ({"comment": 5}, "validation_failed"),
    ],
    ids=str,
)
async def test_a_bad_period_is_400(world: World, fields: Item, code: str) -> None:
    (await world.user.post("timesheets", {**MARCH, **fields})).refused(400, code)
    assert (await world.user.get("timesheets")).ok() == []


async def test_sixty_two_days_over_a_skipped_one_are_taken(world: World) -> None:
    await submitted(world, start_date="2024-03-01", end_date="2024-05-01")
    await submitted(world, start_date="2011-12-01", end_date="2011-12-31", timezone="Pacific/Apia")


async def test_an_unfinished_period_names_the_entry(world: World) -> None:
    crossing = await world.entry(at("23:00", "2024-03-31"), at("01:00", "2024-04-01"))
    refused = (await world.user.post("timesheets", MARCH)).refused(422, "timesheet_entry_crosses")
    assert [one["id"] for one in refused["conflicts"]] == [crossing["id"]]
    april = {**MARCH, "start_date": "2024-04-01", "end_date": "2024-04-30"}
    (await world.user.post("timesheets", april)).refused(422, "timesheet_entry_crosses")
    (await world.user.delete(f"time-entries/{crossing['id']}")).ok(204)
    timer = await world.started(start_date=at("10:00", "2024-02-01"))
    refused = (await world.user.post("timesheets", MARCH)).refused(422, "timesheet_entry_running")
    assert [one["id"] for one in refused["conflicts"]] == [timer["id"]]


async def test_amounts_are_those_of_now_until_they_are_approved_and_for_administrators_alone(world: World) -> None:
    await world.entry("10:00", "11:30")
    rate = (await world.admin.post("rates", {"kind": "billable", "amount": "80.00", "currency": "EUR"})).ok(201)
    timesheet, path = await submitted(world), f"rates/{rate['id']}"

    async def amounts() -> Any:
        return (await world.admin.get(f"timesheets/{timesheet['id']}")).ok()["amounts"]

    assert timesheet["amounts"] == []
    assert await amounts() == [{"currency": "EUR", "billable": "120.00", "cost": "0.00"}]
    (await world.admin.put(path, {"amount": "90"})).ok()
    assert await amounts() == [{"currency": "EUR", "billable": "135.00", "cost": "0.00"}]
    (await decided(world.admin, timesheet, "approve")).ok()
    (await world.admin.put(path, {"amount": "100"})).ok()
    assert await amounts() == [{"currency": "EUR", "billable": "135.00", "cost": "0.00"}]
    assert (await world.user.get(f"timesheets/{timesheet['id']}")).ok()["amounts"] == []
    (await decided(world.admin, timesheet, "reopen")).ok()
    assert await amounts() == [{"currency": "EUR", "billable": "150.00", "cost": "0.00"}]


async def test_what_is_approved_is_priced_by_the_customer_that_its_project_has_now(world: World) -> None:
    """Another worker has just changed it, and this one still remembers the customer before."""
    rates = {"kind": "billable", "currency": "EUR"}
    other = await world.customer_named("Other")
    for customer, amount in ((world.customer, "80"), (other, "100")):
        (await world.admin.post("rates", {**rates, "amount": amount, "customer_id": customer["id"]})).ok(201)
    await world.entry("10:00", "11:00")
    timesheet = await submitted(world)
    remembered = (await world.admin.get(f"timesheets/{timesheet['id']}")).ok()["amounts"]
    document = await world.stored("project", world.project)
    await world.app.container("project").replace_item(document["id"], {**document, "customer_id": other["id"]})

    approved = (await decided(world.admin, timesheet, "approve")).ok()

    assert remembered == [{"currency": "EUR", "billable": "80.00", "cost": "0.00"}]
    assert approved["amounts"] == [{"currency": "EUR", "billable": "100.00", "cost": "0.00"}]


async def test_each_step_leaves_an_event_without_amounts(world: World) -> None:
    await world.entry("10:00", "11:30")
    (await world.admin.post("rates", {"kind": "billable", "amount": "80.00", "currency": "EUR"})).ok(201)
    timesheet = await submitted(world, comment="mine")
    (await decided(world.admin, timesheet, "approve", "fine")).ok()
    (await decided(world.admin, timesheet, "reopen")).ok()
    withdrawn = await submitted(world)
    (await decided(world.user, withdrawn, "withdraw")).ok()

    events = {event["action"]: event for event in await world.outbox("time_entry", timesheet)}

    assert set(events) == {"submit", "approve", "reopen"}
    for event in events.values():
        assert event["container_id"] == "timesheet"
        assert event["owner_id"] == world.user.user_id
        assert "amounts" not in event["changes"]
    assert events["submit"]["changes"]["status"] == [None, "submitted"]
    assert events["submit"]["changes"]["digest"] == [None, timesheet["digest"]]
    assert events["submit"]["changes"]["comment"] == [None, "mine"]
    assert events["approve"]["changes"] == {
        "status": ["submitted", "approved"],
        "comment": [None, "fine"],
        "digest": [timesheet["digest"], timesheet["digest"]],
    }
    assert events["approve"]["user_id"] == world.admin.user_id
    assert {e["action"] for e in await world.outbox("time_entry", withdrawn)} == {"submit", "withdraw"}


@pytest.mark.parametrize("lost", ["all of it", "its locks"])
async def test_a_timeline_that_is_lost_or_was_written_before_there_were_locks_is_rebuilt_with_them(
    world: World, lost: str
) -> None:
    entry = await world.entry("10:00", "11:00")
    timesheet = await submitted(world)
    (await decided(world.admin, timesheet, "approve")).ok()
    container = world.app.container("time_entry")
    timeline = await timeline_of(world)
    locks = timeline.pop("locks")
    if lost == "all of it":
        await container.delete_item("timeline", keys(world))
    else:
        await container.upsert_item({name: timeline[name] for name in (*BEFORE_LOCKS, "running", "last_end")})

    within = {**world.references, "start_date": at("12:00"), "end_date": at("13:00")}
    (await world.user.post("time-entries", within)).refused(409, "period_locked")
    (await world.user.delete(f"time-entries/{entry['id']}")).refused(409, "period_locked")
    await world.entry(at("10:00", "2024-05-05"), at("11:00", "2024-05-05"))
    assert (await timeline_of(world))["locks"] == locks
    assert (await world.user.get("time-entries/running")).status == 204


async def test_a_period_is_of_local_days_across_a_change_of_the_clocks(world: World) -> None:
    await world.entry(at("22:00", "2024-03-30"), at("22:00", "2024-03-31"))
    day = await submitted(world, start_date="2024-03-30", end_date="2024-03-31", timezone="Europe/Berlin")

    assert (day["start"], day["end"]) == (at("23:00", "2024-03-29"), at("22:00", "2024-03-31"))
    assert (day["seconds"], day["entries"]) == (24 * 3600.0, 1)
    await submitted(world, start_date="2024-04-01", end_date="2024-04-01", timezone="Europe/Berlin")
    azores = await submitted(world, start_date="2026-03-29", end_date="2026-03-29", timezone="Atlantic/Azores")
    assert azores["start"] == at("01:00", "2026-03-29")


async def test_a_setting_lets_an_administrator_decide_on_their_own(
    cosmos_account: CosmosAccount, app: Application, http: aiohttp.ClientSession
) -> None:
    del app
    async with application(cosmos_account, OWN_TIMESHEETS_MAY_BE_APPROVED="1") as served:
        world = await make_world(http, served)
        own = await submitted(world, world.admin)
        assert (await decided(world.admin, own, "approve")).ok()["status"] == "approved"
        assert (await decided(world.admin, own, "reopen")).ok()["status"] == "reopened"


async def test_a_timer_may_start_right_after_a_locked_period_by_a_slow_clock(world: World) -> None:
    """Its start snaps to the end of the entry before, which is the end of the period: that is not locked."""
    await world.entry(at("23:00", "2024-03-31"), at("00:00", "2024-04-01"))
    await submitted(world)

    timer = await world.started(start_date=at("23:59", "2024-03-31"))

    assert timer["start_date"] == at("00:00", "2024-04-01")


async def test_a_trim_of_a_neighbour_obeys_the_lock(world: World) -> None:
    before = await world.entry(at("22:00", "2024-03-31"), at("00:00", "2024-04-01"))
    entry = await world.entry(at("02:00", "2024-04-01"), at("03:00", "2024-04-01"))
    timesheet = await submitted(world)
    body = {"start_date": at("23:30", "2024-03-31"), "update_last_entry_if_overlap": True}

    refused = (await world.user.put(f"time-entries/{entry['id']}", body)).refused(409, "period_locked")

    assert refused["timesheet_id"] == timesheet["id"]
    assert (await world.user.get(f"time-entries/{before['id']}")).ok() == before


async def test_a_period_that_has_not_ended_locks_today(world: World) -> None:
    today = ago()[:10]
    end = ago(days=-20)[:10]
    await submitted(world, start_date=today, end_date=end)

    (await world.user.post("time-entries", world.references)).refused(409, "period_locked")
