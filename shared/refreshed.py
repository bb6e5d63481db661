"""A value that is read from elsewhere, kept in memory, and renewed beside the requests, never in their way.

When it is too old, the request that finds it so starts the renewal and goes on with what is there. When elsewhere is
away, the last known good value stays. Only the first requests of a process, which have nothing yet, wait a moment.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from shared.logs import SparingLog

T = TypeVar("T")

# A renewal that takes longer is given up.
RENEWAL_SECONDS = 5.0
# How long a first request waits for a first value. Once one has come, or has not, nobody waits again.
FIRST_WAIT_SECONDS = 1.0
# How long after a failed renewal the next is tried, where the age would let it wait longer.
TRY_AGAIN_SECONDS = 5.0


class Refreshed(Generic[T]):
    """`name` is what the log calls it; `read` reads it anew and raises when it can't."""

    def __init__(
        self,
        name: str,
        read: Callable[[], Awaitable[T]],
        *,
        max_age_seconds: float,
        renewal_seconds: float = RENEWAL_SECONDS,
    ) -> None:
        self._name = name
        self._read = read
        self._max_age_seconds = max_age_seconds
        self._renewal_seconds = renewal_seconds
        self._value: T | None = None
        self._read_at = float("-inf")
        self._due_at = float("-inf")
        self._waited = False
        self._renewal: asyncio.Task[None] | None = None
        self._log = SparingLog(logging.getLogger(__name__))

    async def get(self) -> T | None:
        """The last value that could be read; None before the first."""
        self._renew_when_due()
        if self._renewal is not None and self._value is None and not self._waited:
            await asyncio.wait({self._renewal}, timeout=FIRST_WAIT_SECONDS)
            self._waited = True
        return self._value

    async def within(self, seconds: float, *, max_age_seconds: float) -> T | None:
        """The same for those who would rather wait than have nothing, or something older than that."""
        self._renew_when_due()
        if self._renewal is not None and time.monotonic() - self._read_at > max_age_seconds:
            await asyncio.wait({self._renewal}, timeout=seconds)
        return self._value

    def amend(self, change: Callable[[T], T]) -> None:
        """Change the value, which this process has just changed elsewhere, until it is read again."""
        if self._value is not None:
            self._value = change(self._value)

    async def close(self) -> None:
        """End a renewal that is under way."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.wait({self._renewal})

    def _renew_when_due(self) -> None:
        if self._renewal is None and time.monotonic() >= self._due_at:
            self._renewal = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        pause = min(self._max_age_seconds, TRY_AGAIN_SECONDS)
        try:
            async with asyncio.timeout(self._renewal_seconds):
                self._value = await self._read()
            self._read_at = time.monotonic()
            pause = self._max_age_seconds
        except Exception as error:  # noqa: BLE001 - whatever is wrong elsewhere, the last known good value stays
            reason = str(error).partition("\n")[0]
            self._log.warning(self._name, "%s can't be read (%s: %s)", self._name, type(error).__name__, reason)
        finally:
            self._due_at = time.monotonic() + pause
            self._renewal = None
