"""Feature flags: which there are, and whether one is on for a caller.

`docs/feature-flags.md` says what each is for. They come from Azure App Configuration, on a laptop from a file; with
neither, every flag is off. Asking for a flag never fails, and only the first call of a process waits for the store.
"""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from shared import clients
from shared.auth.caller import Caller
from shared.config import settings
from shared.flags import reading
from shared.flags.reading import FlagDocument
from shared.logs import SparingLog
from shared.refreshed import Refreshed

if TYPE_CHECKING:
    from shared.flags.evaluation import FlagSet

# Who is meant where there is no token: no flag's audience names it, but a percentage may take it in.
ANYONE = "anyone"


class Flag(StrEnum):
    """The flags that this backend or its web frontend asks for."""

    DARK_MODE = "dark-mode"
    PREVIEW = "preview"


async def enabled(flag: Flag, caller: Caller) -> bool:
    """Whether a flag is on for this caller; off when that can't be told."""
    return await of_process().enabled(flag, caller)


async def toggles(caller: Caller) -> dict[str, bool]:
    """Every flag by name, as it is for this caller: the store's, and those of `Flag` that the store lacks, off."""
    return await of_process().toggles(caller)


class FeatureFlags:
    """Flags that are read by `read_documents`, kept, and evaluated for callers."""

    def __init__(self, read_documents: Callable[[], Awaitable[list[FlagDocument]]], *, max_age_seconds: float) -> None:
        self._read_documents = read_documents
        self._log = SparingLog(__name__)
        self._current = Refreshed("the feature flags", self._read, max_age_seconds=max_age_seconds)

    async def enabled(self, flag: Flag, caller: Caller) -> bool:
        current = await self._current.get()
        return current is not None and await current.is_on(flag, _user(caller), caller.groups)

    async def toggles(self, caller: Caller) -> dict[str, bool]:
        current = await self._current.get()
        found = {} if current is None else await current.all_for(_user(caller), caller.groups)
        return dict(sorted({**dict.fromkeys(map(str, Flag), False), **found}.items()))

    async def read_for(self, caller: Caller) -> dict[str, bool]:
        """Every flag that is found now, as it is for this caller; raises when they can't be read."""
        return await (await self._read()).all_for(_user(caller), caller.groups)

    async def close(self) -> None:
        await self._current.close()

    async def _read(self) -> "FlagSet":
        # Imported late: a cold start that nobody asks for a flag does not pay for it.
        from shared.flags.evaluation import FlagSet  # noqa: PLC0415

        return FlagSet(await self._read_documents(), self._log)


def _user(caller: Caller) -> str:
    """Whom a flag's audience names: by e-mail where the token has one, else by id; in lower case."""
    return (caller.email or caller.user_id or ANYONE).lower()


@cache
def of_process() -> FeatureFlags:
    """The flags of this process, from where the settings say."""
    where = settings().feature_flags
    clients.on_close(_forget)
    return FeatureFlags(reading.reader(where), max_age_seconds=where.cache_seconds)


async def _forget() -> None:
    await of_process().close()
    of_process.cache_clear()
