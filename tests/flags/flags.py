"""Flags that are read by the real client from a store on loopback, callers to ask for, and waiting for a change."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from shared.auth.caller import Caller
from shared.clients import open_app_configuration
from shared.config import FeatureFlagSettings
from shared.flags.feature_flags import FeatureFlags
from shared.flags.reading import read_store
from tests.flags.app_configuration import AppConfiguration

USER_ID = "5c7f2f0a-0d3b-4a55-9c0e-1f1d8d1f2a01"
TENANT_ID = "0e7b6a52-5f0d-4f5e-8a68-6f5d0f2b7c11"
A_LONG_TIME = 3600.0


def caller(email: str | None = "ann@example.com", *groups: str, user_id: str = USER_ID) -> Caller:
    return Caller(user_id, TENANT_ID, email, None, is_admin=False, is_tester=False, groups=frozenset(groups))


@asynccontextmanager
async def flags_from(
    store: AppConfiguration,
    *,
    max_age_seconds: float = A_LONG_TIME,
    label: str | None = None,
    connection_string: str | None = None,
) -> AsyncIterator[FeatureFlags]:
    where = FeatureFlagSettings(
        connection_string=connection_string or store.connection_string(),
        endpoint=None,
        label=label,
        file=None,
        cache_seconds=max_age_seconds,
    )
    async with open_app_configuration(where) as client:
        flags = FeatureFlags(lambda: read_store(client, where.label), max_age_seconds=where.cache_seconds)
        try:
            yield flags
        finally:
            await flags.close()


async def eventually(check: Callable[[], Awaitable[bool]], *, within_seconds: float = 8) -> None:
    deadline = time.monotonic() + within_seconds
    while not await check():
        assert time.monotonic() < deadline, "it has not come about"
        await asyncio.sleep(0.01)
