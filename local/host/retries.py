"""The retry policy that a function declares, and how long the host waits by it."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.host.errors import HostError

_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)")
_FOR_EVER = -1


@dataclass(frozen=True)
class RetryPolicy:
    """How often a failed batch is given to its function again, and after how many seconds."""

    maximum: int
    shortest: float
    longest: float

    @classmethod
    def declared(cls, setting: Mapping[str, Any] | None, function_name: str) -> "RetryPolicy | None":
        """Read what `@bp.retry(…)` left on the function."""
        if setting is None:
            return None
        where = f"{function_name}: retry policy"
        try:
            maximum = int(setting["max_retry_count"])
        except (KeyError, TypeError, ValueError) as error:
            raise HostError(f"{where}: max_retry_count must be a whole number, as a string") from error
        match setting.get("strategy"):
            case "fixed_delay":
                delay = _seconds(setting.get("delay_interval"), f"{where}: delay_interval")
                return cls(maximum, delay, delay)
            case "exponential_backoff":
                shortest = _seconds(setting.get("minimum_interval"), f"{where}: minimum_interval")
                longest = _seconds(setting.get("maximum_interval"), f"{where}: maximum_interval")
                return cls(maximum, shortest, max(shortest, longest))
            case other:
                raise HostError(f"{where}: strategy must be fixed_delay or exponential_backoff, not {other!r}")

    def allows(self, retry: int) -> bool:
        """Tell whether a batch that failed may be tried again; `retry` counts from 1."""
        return self.maximum == _FOR_EVER or retry <= self.maximum

    def delay(self, retry: int) -> float:
        """Seconds before that retry: doubled each time, a fifth of it by chance, so that hosts do not move in step."""
        if self.shortest == self.longest:
            return self.shortest
        doubled = self.shortest * 2.0 ** min(retry - 1, 30)
        return min(self.longest, doubled * random.uniform(0.8, 1.2))  # noqa: S311 - no secret depends on it


def _seconds(value: Any, where: str) -> float:
    match = _TIME_SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise HostError(f"{where} must be a time as hh:mm:ss, not {value!r}")
    days, hours, minutes, seconds = match.groups(default="0")
    return ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60 + float(seconds)
