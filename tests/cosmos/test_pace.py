"""The pace of reports: requests wait until what was charged before has been earned."""

import asyncio
import time

from shared.cosmos.pace import Pace


async def paced(pace: Pace, charges: list[float]) -> None:
    for units in charges:
        set_aside = await pace.turn()
        pace.charged(units, set_aside)


async def test_requests_are_charged_no_more_than_so_many_units_a_second() -> None:
    began = time.monotonic()

    await paced(Pace(1000), [20, 60, 10, 30])

    # The last one need not be earned.
    assert time.monotonic() - began >= 0.09


async def test_those_that_are_sent_side_by_side_share_the_pace() -> None:
    pace, began = Pace(1000), time.monotonic()

    await asyncio.gather(*(paced(pace, [10] * 5) for _ in range(4)))

    assert time.monotonic() - began >= 0.15


async def test_what_a_pause_leaves_unused_is_not_made_up_for() -> None:
    pace = Pace(1000)
    await paced(pace, [1])
    await asyncio.sleep(0.05)
    began = time.monotonic()

    await paced(pace, [30, 30])

    assert time.monotonic() - began >= 0.03


async def test_a_charge_that_is_larger_than_the_one_set_aside_is_earned_as_well() -> None:
    pace, began = Pace(1000), time.monotonic()

    await paced(pace, [1, 50, 1])

    assert time.monotonic() - began >= 0.05
