"""Counting how often others have their turn on the event loop."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def turns_during(work: Coroutine[Any, Any, T]) -> tuple[int, T]:
    """How many turns another task has while this work is done, and what it gives."""
    turns = 0

    async def tick() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    result = await work
    ticking.cancel()
    return turns, result
