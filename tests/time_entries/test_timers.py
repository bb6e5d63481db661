"""Clocking in and out: starting, stopping, restarting and asking for the timer, with clocks that differ."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.instants import TENTH
from tests.calling import Item, Person, ago, instant_of, stored, without_proposal
from tests.world import World


def ahead(**duration: float) -> str:
    return stored(datetime.now(UTC) + timedelta(**duration))


async def running(person: Person) -> Item | None:
    answer = await person.get("time-entries/running")
    if answer.status == 204:
        return None
    return without_proposal(answer)


def is_now(text: str) -> bool:
    """Whether an instant that the server made just now is that, in tenths of a second.

    An entry that starts and ends in the same tenth ends at the next one.
    """
    now = datetime.now(UTC)
    return now - timedelta(seconds=10) < instant_of(text) <= now + TENTH


async def test_without_an_end_a_timer_starts_now(world: World) -> None:
    timer = await world.started(description="d", uri="ticket 7", technologies=["a"], timezone_offset=60)

    assert timer["running"]
    assert timer["end_date"] is None
    assert is_now(timer["start_date"])
    assert (timer["description"], timer["uri"], timer["technologies"]) == ("d", "ticket 7", ["a"])
    assert timer["timezone_offset"] == 60
    assert await running(world.user) == timer


async def test_nothing_runs_at_first_nor_for_others(world: World) -> None:
    assert await running(world.user) is None
    await world.started()
    assert await running(world.person()) is None
    assert await running(world.admin) is None


async def test_a_timer_may_start_in_the_past(world: World) -> None:
    start = ago(hours=30)

    assert (await world.started(start_date=start))["start_date"] == start


async def test_a_second_timer_is_409_and_names_the_first(world: World) -> None:
    timer = await world.started()

    for start in (None, ago(hours=2), ahead(seconds=30)):
        body = (await world.user.post("time-entries", {**world.references, "start_date": start})).refused(409)
        assert body["conflicts"] == [{"id": timer["id"], "start_date": timer["start_date"], "end_date": None}]
    await world.started(world.admin)


@pytest.mark.parametrize("seconds", [1, 60, 295])
async def test_a_timers_start_a_little_ahead_becomes_now(world: World, seconds: int) -> None:
    assert is_now((await world.started(start_date=ahead(seconds=seconds)))["start_date"])


@pytest.mark.parametrize("minutes", [5.2, 60, 60 * 24 * 365])
async def test_a_timers_start_further_ahead_is_400(world: World, minutes: float) -> None:
    start = {"start_date": ahead(minutes=minutes)}

    assert list((await world.user.post("time-entries", {**world.references, **start})).refused(400)["errors"]) == [
        "start_date"
    ]
    timer = await world.started()
    (await world.user.put(f"time-entries/{timer['id']}", start)).refused(400)


@pytest.mark.parametrize("seconds", [59, 30, 1, 0.001])
async def test_a_timer_less_than_five_minutes_before_the_last_end_starts_there(world: World, seconds: float) -> None:
    last = await world.entry("10:00", "11:00")
    start = stored(instant_of(last["end_date"]) - timedelta(seconds=seconds))

    assert (await world.started(start_date=start))["start_date"] == last["end_date"]


async def test_a_timer_snaps_past_an_entry_shorter_than_a_minute(world: World) -> None:
    await world.entry("09:00", "10:00")
    last = await world.entry("2024-03-05T10:00:05Z", "2024-03-05T10:00:25Z")

    timer = await world.started(start_date="2024-03-05T09:59:55Z")

    assert timer["start_date"] == last["end_date"]


@pytest.mark.parametrize("seconds", [300, 301, 600])
async def test_a_timer_earlier_than_that_overlaps(world: World, seconds: int) -> None:
    last = await world.entry("10:00", "11:00")
    start = stored(instant_of(last["end_date"]) - timedelta(seconds=seconds))

    body = (await world.user.post("time-entries", {**world.references, "start_date": start})).refused(422)

    assert body["conflicts"] == [{name: last[name] for name in ("id", "start_date", "end_date")}]


async def test_the_frontends_switch_leaves_no_overlap(world: World) -> None:
    """It stops one entry and starts the next with "stop's end + 1 s", which lies ahead of the server's clock."""
    first = await world.started(start_date=ago(minutes=5))
    for switches in range(1, 4):
        end = (await world.user.post(f"time-entries/{first['id']}/stop")).ok()["end_date"]
        following = await world.started(start_date=stored(instant_of(end) + timedelta(seconds=1)))

        assert end <= following["start_date"]
        # A stop in the very tenth of a second of its start ends a tenth later.
        assert instant_of(following["start_date"]) <= datetime.now(UTC) + switches * TENTH
        first = following


async def test_stop_ends_the_timer_now(world: World) -> None:
    timer = await world.started(start_date=ago(hours=1))

    stopped = (await world.user.post(f"time-entries/{timer['id']}/stop")).ok()

    assert is_now(stopped["end_date"])
    assert stopped == {**timer, "end_date": stopped["end_date"], "running": False}
    assert await running(world.user) is None
    assert (await world.user.get(f"time-entries/{timer['id']}")).ok() == stopped


async def test_a_stop_at_once_still_leaves_some_time(world: World) -> None:
    for _ in range(5):
        timer = await world.started()
        stopped = (await world.user.post(f"time-entries/{timer['id']}/stop")).ok()

        assert stopped["end_date"] >= stored(instant_of(timer["start_date"]) + timedelta(milliseconds=1))


async def test_stop_of_a_stopped_entry_is_422(world: World) -> None:
    entry = await world.entry("10:00", "11:00")

    (await world.user.post(f"time-entries/{entry['id']}/stop")).refused(422)
    assert (await world.user.get(f"time-entries/{entry['id']}")).ok() == entry


async def test_restart_makes_the_end_null_again(world: World) -> None:
    entry = await world.entry("10:00", "11:00")

    restarted = (await world.user.post(f"time-entries/{entry['id']}/restart")).ok()

    assert restarted == {**entry, "end_date": None, "running": True}
    assert await running(world.user) == restarted


async def test_restart_of_a_running_entry_is_422(world: World) -> None:
    timer = await world.started()

    (await world.user.post(f"time-entries/{timer['id']}/restart")).refused(422)


async def test_restart_with_something_later_in_the_way_is_422_and_names_it(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    later = await world.entry("11:00", "12:00")

    body = (await world.user.post(f"time-entries/{entry['id']}/restart")).refused(422)

    assert body["conflicts"] == [{name: later[name] for name in ("id", "start_date", "end_date")}]
    (await world.user.delete(f"time-entries/{later['id']}")).ok(204)
    (await world.user.post(f"time-entries/{entry['id']}/restart")).ok()


async def test_restart_while_another_timer_runs_is_409(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    timer = await world.started()

    body = (await world.user.post(f"time-entries/{entry['id']}/restart")).refused(409)

    assert [conflict["id"] for conflict in body["conflicts"]] == [timer["id"]]


async def test_a_deleted_timer_runs_no_more(world: World) -> None:
    timer = await world.started()

    (await world.user.delete(f"time-entries/{timer['id']}")).ok(204)

    assert await running(world.user) is None
    again = await world.started(start_date=timer["start_date"])
    assert await running(world.user) == again


async def test_a_change_of_the_timer_shows_in_running(world: World) -> None:
    timer = await world.started()
    other = await world.project_named("Other")

    changed = (
        await world.user.put(
            f"time-entries/{timer['id']}",
            {"project_id": other["id"], "description": "new", "start_date": ago(minutes=9)},
        )
    ).ok()

    assert await running(world.user) == changed
    assert (changed["project_name"], changed["description"]) == ("Other", "new")


async def test_running_and_lists_show_a_projects_new_name(world: World) -> None:
    await world.started()
    (await world.admin.put(f"projects/{world.project['id']}", {"name": "Renamed"})).ok()

    assert (await world.user.get("time-entries/running")).ok()["project_name"] == "Renamed"
    assert (await world.user.get("time-entries")).ok()[0]["project_name"] == "Renamed"


@pytest.mark.parametrize("seconds", [1, 30, 55])
async def test_an_end_a_little_ahead_becomes_now(world: World, seconds: int) -> None:
    created = await world.entry(ago(hours=1), ahead(seconds=seconds))
    assert is_now(created["end_date"])

    timer = await world.started()
    earlier = (await world.user.put(f"time-entries/{timer['id']}", {"start_date": created["end_date"]})).ok()
    changed = (await world.user.put(f"time-entries/{timer['id']}", {"end_date": ahead(seconds=seconds)})).ok()
    assert is_now(changed["end_date"])
    assert changed == {**earlier, "end_date": changed["end_date"], "running": False}


@pytest.mark.parametrize("minutes", [1.2, 60, 60 * 24 * 365 * 1000])
async def test_an_end_further_ahead_is_400(world: World, minutes: float) -> None:
    entry = await world.entry(ago(hours=2), ago(hours=1))
    end = {"end_date": ahead(minutes=minutes)}

    for answer in (
        await world.user.post("time-entries", {**world.references, "start_date": ago(minutes=30), **end}),
        await world.user.put(f"time-entries/{entry['id']}", end),
    ):
        assert list(answer.refused(400)["errors"]) == ["end_date"]


async def test_an_end_without_a_start_has_no_time_before_it(world: World) -> None:
    """The start is now by default. An end a little ahead of it is moved back, as always, and the start with it."""
    (await world.user.post("time-entries", {**world.references, "end_date": ago(hours=1)})).refused(400)

    entry = (await world.user.post("time-entries", {**world.references, "end_date": ahead(seconds=30)})).ok(201)

    length = instant_of(entry["end_date"]) - instant_of(entry["start_date"])
    assert timedelta(seconds=28) < length <= timedelta(seconds=30)
    assert instant_of(entry["end_date"]) <= datetime.now(UTC)


async def test_a_running_timer_moved_to_less_than_five_minutes_before_the_last_end_starts_there(world: World) -> None:
    before = await world.entry(ago(minutes=40), ago(minutes=30))
    running = await world.started(start_date=ago(minutes=20))

    moved = (await world.user.put(f"time-entries/{running['id']}", {"start_date": ago(minutes=34)})).ok()

    assert moved["start_date"] == before["end_date"]
    refused = await world.user.put(f"time-entries/{running['id']}", {"start_date": ago(minutes=36)})
    assert [one["id"] for one in refused.refused(422)["conflicts"]] == [before["id"]]
