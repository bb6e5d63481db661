"""A value that is read from another system, cached, and renewed in the background, so that requests need not wait.

The request that finds the value too old starts its renewal and goes on with the old one. While the other system is
unavailable, the last value stays. Only the first requests of a process, which have no value yet, wait a moment.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from shared.logs import SparingLog

T = TypeVar("T")

# A renewal that takes longer is given up.
RENEWAL_SECONDS = 5.0
# How long a first request waits for a first value. Once one has come, or has not, no request waits again.
FIRST_WAIT_SECONDS = 1.0
# How soon after a failed renewal the next one is tried, where the value's age would let it wait longer.
TRY_AGAIN_SECONDS = 5.0


class Refreshed(Generic[T]):
    """`name` is what the log calls the value; `read` reads it anew and raises when it can't.

    `clock` counts seconds; it is a parameter so that tests need not wait.
    """

    def __init__(  # noqa: PLR0913 - each is a time of its own
        self,
        name: str,
        read: Callable[[], Awaitable[T]],
        *,
        max_age_seconds: float,
        renewal_seconds: float = RENEWAL_SECONDS,
        try_again_seconds: float = TRY_AGAIN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._read = read
        self._max_age_seconds = max_age_seconds
        self._renewal_seconds = renewal_seconds
        self._try_again_seconds = try_again_seconds
        self._clock = clock
        self._value: T | None = None
        self._read_at = float("-inf")
        self._due_at = float("-inf")
        self._waited = False
        self._problem: str | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._log = SparingLog(__name__)

    @property
    def age_seconds(self) -> float:
        """How old the value is; infinite before the first."""
        return self._clock() - self._read_at

    @property
    def problem(self) -> str | None:
        """Why the last renewal failed; None if it did not."""
        return self._problem

    async def get(self) -> T | None:
        """The last value that could be read; None before the first."""
        self._renew_when_due()
        if self._renewal is not None and self._value is None and not self._waited:
            await asyncio.wait({self._renewal}, timeout=FIRST_WAIT_SECONDS)
            self._waited = True
        return self._value

    async def within(self, seconds: float, *, max_age_seconds: float) -> T | None:
        """The same, but it waits up to `seconds` for a renewal where the value is missing or older than that."""
        self._renew_when_due()
        if self._renewal is not None and self.age_seconds >= max_age_seconds:
            await asyncio.wait({self._renewal}, timeout=seconds)
        return self._value

    async def renewed(self) -> bool:
        """Renew the value now, unless that failed a moment ago; whether it could be read. Callers share one renewal."""
        if self._renewal is None and not (self._problem and self._clock() < self._due_at):
            self._renewal = asyncio.create_task(self._renew())
        if self._renewal is not None:
            await asyncio.wait({self._renewal})
        return self._problem is None

    def amend(self, change: Callable[[T], T]) -> None:
        """Change the value, which this process has just changed in the other system, until it is read again."""
        if self._value is not None:
            self._value = change(self._value)

    async def close(self) -> None:
        """End a running renewal."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.wait({self._renewal})

    def _renew_when_due(self) -> None:
        if self._renewal is None and self._clock() >= self._due_at:
            self._renewal = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        pause = min(self._max_age_seconds, self._try_again_seconds)
        try:
            async with asyncio.timeout(self._renewal_seconds):
                self._value = await self._read()
            self._read_at = self._clock()
            self._problem = None
            pause = self._max_age_seconds
        except Exception as error:  # noqa: BLE001 - whatever fails there, the last value stays
            reason = str(error).partition("\n")[0]
            self._problem = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
            self._log.warn_about(self._name, "%s can't be read (%s)", self._name, self._problem)
        finally:
            self._due_at = self._clock() + pause
            self._renewal = None
