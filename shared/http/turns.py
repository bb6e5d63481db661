"""Bounds how many large lists a process makes side by side, so that everybody else's calls stay fast.

All requests share one thread and one connection to the database. Where every large list began at once, all of them
would run out of time together, and small calls would wait for all of them.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from shared.cosmos.items import PAGE_SIZE
from shared.errors import unavailable

# A list is large when its first page holds as many as a page of the database may. Most lists end before.
LARGE_AFTER_ENTRIES = PAGE_SIZE
# While one waits for the database, another is made. With three, 16 reports of 9,999 entries were all answered on two
# processors, and calls for the running timer took 40 ms meanwhile (p99). With more, small calls wait longer.
LARGE_AT_ONCE = 3
# As many more as can be made within the deadline of a request.
LARGE_WAITING = 13
# A list that waits longer has too little of that deadline left.
LARGE_PATIENCE_SECONDS = 7.0
# Every list reads a first page, and a small one no more. So they are refused only after a while.
FIRST_PAGES_AT_ONCE = 4
FIRST_PAGES_WAITING = 1000
FIRST_PAGE_PATIENCE_SECONDS = 3.0
RETRY_AFTER_SECONDS = 5


class Turns:
    """Lets so many run at once, and so many wait for their turn; refuses the rest."""

    def __init__(self, at_once: int, waiting: int, patience_seconds: float) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._places = waiting
        self._patience_seconds = patience_seconds

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """The block runs when its turn has come. Raises ApiError 503 when that takes too long, or can't be soon."""
        await self._come()
        try:
            yield
        finally:
            self._free.release()

    async def _come(self) -> None:
        waits = self._free.locked()
        if waits and self._places == 0:
            raise _busy()
        self._places -= waits
        try:
            async with asyncio.timeout(self._patience_seconds):
                await self._free.acquire()
        except TimeoutError:
            raise _busy() from None
        finally:
            self._places += waits


@cache
def large_lists() -> Turns:
    """The turns of large lists in this process."""
    return Turns(LARGE_AT_ONCE, LARGE_WAITING, LARGE_PATIENCE_SECONDS)


@cache
def first_pages() -> Turns:
    """The turns of lists' first pages in this process."""
    return Turns(FIRST_PAGES_AT_ONCE, FIRST_PAGES_WAITING, FIRST_PAGE_PATIENCE_SECONDS)


@cache
def first_pages_of_reports() -> Turns:
    """The turns of reports' first pages, which may wait for the pace of reports. Lists must not wait with them."""
    return Turns(FIRST_PAGES_AT_ONCE, FIRST_PAGES_WAITING, FIRST_PAGE_PATIENCE_SECONDS)


def _busy() -> Exception:
    message = "Too many large lists are being read; try again later"
    return unavailable("busy", message, RETRY_AFTER_SECONDS)
