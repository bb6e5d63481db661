"""Feature flags: which there are, and what each says for a caller.

`docs/feature-flags.md` describes each. They come from Azure App Configuration, or on a laptop from a file; without
either, every flag is off. Asking for a flag never fails, and only the first call of a process waits for the store.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from shared import clients
from shared.auth.caller import Caller
from shared.config import settings
from shared.flags import reading
from shared.flags.reading import FlagDocument
from shared.logs import SparingLog
from shared.refreshed import Refreshed

if TYPE_CHECKING:
    from shared.flags.evaluation import FlagSet


class Flag(StrEnum):
    """The flags that this backend or its web frontend asks for."""

    DARK_MODE = "dark-mode"
    PREVIEW = "preview"


@dataclass(frozen=True, slots=True)
class Toggles:
    """Every flag by name, as evaluated for a caller: whether it is on, and the variants that they get of some.

    A variant is `{"name", "configuration_value"}`.
    """

    flags: dict[str, bool] = field(default_factory=dict)
    variants: dict[str, dict[str, Any]] = field(default_factory=dict)


async def enabled(flag: Flag, caller: Caller) -> bool:
    """Whether a flag is on for this caller; off when that can't be determined."""
    return await of_process().enabled(flag, caller)


async def toggles(caller: Caller) -> Toggles:
    """The flags for this caller: the store's, and those of `Flag` that the store lacks, which are off."""
    return await of_process().toggles(caller)


class FeatureFlags:
    """Flags that are read by `read_documents`, kept, and evaluated for callers."""

    def __init__(self, read_documents: Callable[[], Awaitable[list[FlagDocument]]], *, max_age_seconds: float) -> None:
        self._read_documents = read_documents
        self._log = SparingLog(__name__)
        self._current = Refreshed("the feature flags", self._read, max_age_seconds=max_age_seconds)

    async def enabled(self, flag: Flag, caller: Caller) -> bool:
        current = await self._current.get()
        return current is not None and (await current.evaluated(flag, _user(caller), caller.groups)).on

    async def toggles(self, caller: Caller) -> Toggles:
        current = await self._current.get()
        found = Toggles() if current is None else await _toggles(current, caller)
        flags = {**dict.fromkeys(map(str, Flag), False), **found.flags}
        return Toggles(dict(sorted(flags.items())), found.variants)

    async def read_for(self, caller: Caller) -> Toggles:
        """The flags as read now; raises when they can't be read."""
        return await _toggles(await self._read(), caller)

    async def close(self) -> None:
        await self._current.close()

    async def _read(self) -> "FlagSet":
        # Imported late: a cold start without a call for flags does not need it.
        from shared.flags.evaluation import FlagSet  # noqa: PLC0415

        return FlagSet(await self._read_documents(), self._log)


async def _toggles(flags: "FlagSet", caller: Caller) -> Toggles:
    found = await flags.all_for(_user(caller), caller.groups)
    variants = {name: one.variant for name, one in sorted(found.items()) if one.variant}
    return Toggles(
        {name: one.on for name, one in found.items()},
        {
            name: {"name": variant.name, "configuration_value": variant.configuration}
            for name, variant in variants.items()
        },
    )


def _user(caller: Caller) -> str:
    """What a flag's audience calls the caller: their e-mail, else their id, in lower case; empty without a token."""
    return (caller.email or caller.user_id).lower()


@cache
def of_process() -> FeatureFlags:
    """The flags of this process, from where the settings say."""
    where = settings().feature_flags
    clients.on_close(_forget)
    return FeatureFlags(reading.reader(where), max_age_seconds=where.cache_seconds)


async def _forget() -> None:
    await of_process().close()
    of_process.cache_clear()
