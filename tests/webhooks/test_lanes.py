"""Lanes: one sender at a time, and nothing sleeps that was rung for."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.errors import ApiError
from shared.webhooks import lanes
from shared.webhooks.lanes import CLAIM, Lane, LaneLostError, due_lanes, ring
from tests.application import Application

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = timedelta(seconds=1)


@pytest.fixture
def webhook_id(hooking: Application) -> str:
    del hooking
    return str(uuid4())


async def due(webhook_id: str, now: datetime) -> list[dict[str, object]]:
    return [lane for lane in await due_lanes(now) if lane["webhook_id"] == webhook_id]


async def claimed(webhook_id: str, now: datetime = NOW) -> Lane:
    (found,) = await due(webhook_id, now)
    lane = await Lane.claimed(found, now)
    assert lane
    return lane


async def test_a_lane_is_due_from_the_earliest_instant_that_was_rung_for(webhook_id: str) -> None:
    await ring(webhook_id, "tenant", NOW + timedelta(hours=1))
    assert await due(webhook_id, NOW) == []
    await ring(webhook_id, "tenant", NOW)
    await ring(webhook_id, "tenant", NOW + timedelta(hours=2))

    assert len(await due(webhook_id, NOW)) == 1


async def test_ringing_from_many_at_once_is_one_lane(webhook_id: str) -> None:
    instants = [NOW + timedelta(seconds=number) for number in range(20)]
    await asyncio.gather(*(ring(webhook_id, "tenant", at) for at in reversed(instants)))

    (lane,) = await due(webhook_id, NOW)
    assert lane["wake"] == "2026-03-01T12:00:00.0000000Z"


async def test_one_of_two_senders_gets_a_lane(webhook_id: str) -> None:
    await ring(webhook_id, "tenant", NOW)
    (found,) = await due(webhook_id, NOW)
    won = await asyncio.gather(Lane.claimed(found, NOW), Lane.claimed(found, NOW))

    assert len([lane for lane in won if lane]) == 1
    assert await due(webhook_id, NOW) == []


async def test_a_lane_whose_sender_died_goes_to_another_when_the_claim_ends(webhook_id: str) -> None:
    await ring(webhook_id, "tenant", NOW)
    dead = await claimed(webhook_id)
    # Somebody rings meanwhile, which ends no claim.
    await ring(webhook_id, "tenant", NOW)
    assert await due(webhook_id, NOW + CLAIM - LATER) == []

    await claimed(webhook_id, NOW + CLAIM)
    with pytest.raises(LaneLostError):
        await dead.look_again(NOW + CLAIM)
    assert await dead.release(None) is False


async def test_a_lane_does_not_sleep_if_somebody_rang_since_the_last_look(webhook_id: str) -> None:
    await ring(webhook_id, "tenant", NOW)
    lane = await claimed(webhook_id)
    await ring(webhook_id, "tenant", NOW)

    assert await lane.release(None) is False
    await lane.look_again(NOW)
    assert await lane.release(None) is True
    assert await due(webhook_id, NOW + timedelta(days=1)) == []


async def test_a_lane_wakes_when_it_is_told(webhook_id: str) -> None:
    await ring(webhook_id, "tenant", NOW)
    lane = await claimed(webhook_id)
    assert await lane.release(NOW + timedelta(hours=1)) is True

    assert await due(webhook_id, NOW + timedelta(minutes=59)) == []
    assert len(await due(webhook_id, NOW + timedelta(hours=1))) == 1


async def test_a_claim_is_renewed_when_it_gets_old(webhook_id: str) -> None:
    await ring(webhook_id, "tenant", NOW)
    lane = await claimed(webhook_id)
    await lane.renew(NOW + timedelta(seconds=20))

    assert await due(webhook_id, NOW + timedelta(seconds=49)) == []


async def test_what_failed_first_is_remembered_until_something_succeeds(webhook_id: str) -> None:
    await ring(webhook_id, "tenant", NOW)
    lane = await claimed(webhook_id)
    await lane.note(succeeded=False, now=NOW)
    await lane.note(succeeded=False, now=NOW + LATER)
    assert lane.failing_since == NOW
    assert await lane.release(NOW) is True

    again = await claimed(webhook_id)
    assert again.failing_since == NOW
    await again.note(succeeded=True, now=NOW)
    # Written at once, whatever becomes of this sender.
    (kept,) = await due(webhook_id, NOW + CLAIM)
    assert kept["failing_since"] is None


async def test_a_lane_at_rest_is_woken_by_a_person_and_not_by_what_comes(webhook_id: str) -> None:
    rest = timedelta(seconds=5)
    await ring(webhook_id, "tenant", NOW)
    lane = await claimed(webhook_id)
    lane.rest(in_trouble=True, retry_after=None, now=NOW)
    lane.rest(in_trouble=True, retry_after=None, now=NOW + LATER)
    assert lane.rests_until == NOW + rest
    assert await lane.release(lane.rests_until) is True
    await ring(webhook_id, "tenant", NOW + LATER)
    assert await due(webhook_id, NOW + rest - LATER) == []

    again = await claimed(webhook_id, NOW + rest)
    again.rest(in_trouble=True, retry_after=None, now=NOW + rest)
    assert again.rests_until == NOW + 3 * rest
    assert await again.release(again.rests_until) is True
    await lanes.wake(webhook_id, "tenant", NOW + 2 * rest)

    woken = await claimed(webhook_id, NOW + 2 * rest)
    assert woken.rests_until < NOW
    woken.rest(in_trouble=True, retry_after=None, now=NOW + 2 * rest)
    assert woken.rests_until == NOW + 3 * rest


async def test_what_comes_of_a_try_otherwise_makes_the_next_rest_a_short_one(webhook_id: str) -> None:
    await ring(webhook_id, "tenant", NOW)
    lane = await claimed(webhook_id)
    for minutes in range(0, 30, 10):
        lane.rest(in_trouble=True, retry_after=None, now=NOW + timedelta(minutes=minutes))
    lane.rest(in_trouble=False, retry_after=None, now=NOW + timedelta(minutes=40))
    now = NOW + timedelta(minutes=50)
    lane.rest(in_trouble=True, retry_after=None, now=now)

    assert lane.rests_until == now + timedelta(seconds=5)


async def test_a_replay_that_is_added_while_another_moves_is_not_lost(webhook_id: str) -> None:
    await ring(webhook_id, "tenant", NOW)

    def adding(replay_id: str) -> lanes.Mutation:
        return lambda lane: lane | {"replays": [*lane.get("replays", []), {"id": replay_id, "position": ["", ""]}]}

    await lanes.change(webhook_id, "tenant", adding("a"))
    lane = await claimed(webhook_id)
    await lanes.change(webhook_id, "tenant", adding("b"))
    await lane.move("a", ("2026", "x"), NOW)
    assert lane.replays == [{"id": "a", "position": ["2026", "x"]}, {"id": "b", "position": ["", ""]}]
    await lane.move("a", None, NOW)
    assert lane.replays == [{"id": "b", "position": ["", ""]}]


async def test_a_lane_that_others_write_without_pause_ends_in_an_error(webhook_id: str) -> None:
    await ring(webhook_id, "tenant", NOW)
    calls = 0

    def outrun(lane: dict[str, object]) -> dict[str, object]:
        nonlocal calls
        calls += 1
        lane["_etag"] = "of another writer"
        return lane

    with pytest.raises(ApiError, match="Others are changing"):
        await lanes.change(webhook_id, "tenant", outrun)
    assert calls == lanes.TRIES
