"""How fast a large report reads, so that what people write meanwhile is not throttled.

The database refuses whatever is asked beyond its request units of a second, whoever asks. So a report takes a share.
"""

import asyncio
import time
from functools import cache

from shared.clients import on_close
from shared.config import settings

# Of the throughput that is provisioned. The rest is for everybody else.
SHARE = 1 / 3


class Pace:
    """Lets requests go one after another, so that together they are charged so many units a second at most.

    What the last request was charged is set aside before the next is sent, and put right once its charge is known. What
    a pause leaves unused is not made up for.
    """

    def __init__(self, units_per_second: float) -> None:
        self._units_per_second = units_per_second
        self._free_at = 0.0
        self._usual = 0.0

    async def turn(self) -> float:
        """Wait until a request may go; gives what is set aside for it, for `charged` to be told."""
        now = time.monotonic()
        at = max(self._free_at, now)
        self._free_at = at + self._usual / self._units_per_second
        set_aside = self._usual
        if at > now:
            await asyncio.sleep(at - now)
        return set_aside

    def charged(self, units: float, set_aside: float) -> None:
        """A request was charged so much."""
        self._usual = units
        self._free_at += (units - set_aside) / self._units_per_second


@cache
def pace_of_reports() -> Pace | None:
    """The pace of all reports of this process together; None where the settings know of no throughput."""
    on_close(_forget)
    throughput = settings().cosmos_throughput
    return Pace(throughput * SHARE) if throughput else None


async def _forget() -> None:
    pace_of_reports.cache_clear()
