"""Whether the service can do its work: its settings are complete, and what it depends on answers."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from azure.core.exceptions import AzureError
from azure.cosmos.exceptions import CosmosResourceNotFoundError
from marshmallow import fields

from shared import clients
from shared.auth.caller import signing_keys_problem
from shared.config import settings
from shared.cosmos.containers import MIGRATION
from shared.errors import ApiError
from shared.http.fields import Answer, Choice, Text, about
from shared.instants import ZONE_DATA

# The record that the first migration leaves.
FIRST_MIGRATION = "0001_create_containers"
# A dependency that hangs is named before the request's own deadline ends it.
LIMIT_SECONDS = 2.0
# Anybody may ask, without a token: however often they do, dependencies are asked once in this time.
CACHED_SECONDS = 5.0
# The one check that the status does not depend on: without a key, everything works that needs none.
SECRETS_CHECK = "secrets_key"


class Health(Answer):
    """The health of the service, and of what it depends on."""

    status = Choice(
        "HealthStatus", ("healthy", "unhealthy"), metadata=about("`healthy` if every check is `ok`.", "healthy")
    )
    timezone_data = Text(metadata=about("The release of the IANA time zone data in use.", "2026f"))
    checks = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata=about(
            "The result of each check: `ok`, or what is wrong. Without a `secrets_key` the service is healthy all the "
            "same: only what needs one is unavailable.",
            {"settings": "ok", "database": "ok"},
        ),
    )


# What an answer looks like while the database is unavailable.
UNHEALTHY = {
    "status": "unhealthy",
    "timezone_data": "2026f",
    "checks": {
        "settings": "ok",
        "database": "unreachable (ServiceRequestTimeoutError)",
        "signing_keys": "ok",
        SECRETS_CHECK: "ok",
    },
}


async def report() -> dict[str, Any]:
    """`{"status": "healthy" | "unhealthy", "timezone_data": "2026f", "checks": {name: "ok" | what is wrong}}`."""
    checks = {"settings": _settings()}
    if checks["settings"] == "ok":
        checks |= {**await _of_process().get(), SECRETS_CHECK: settings().secrets.problem or "ok"}
    healthy = all(state == "ok" for name, state in checks.items() if name != SECRETS_CHECK)
    return {"status": "healthy" if healthy else "unhealthy", "timezone_data": ZONE_DATA, "checks": checks}


class Checks:
    """The checks of the dependencies, by name, and what came of them last. Each says what is wrong, or None.

    `clock` counts seconds; it is a parameter so that tests need not wait.
    """

    def __init__(
        self, checks: dict[str, Callable[[], Awaitable[str | None]]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._checks = checks
        self._clock = clock
        self._results: dict[str, str] = {}
        self._checked_at = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def get(self) -> dict[str, str]:
        """`ok` or what is wrong, for each check, at most `CACHED_SECONDS` old."""
        async with self._one_at_a_time:
            if self._clock() - self._checked_at >= CACHED_SECONDS:
                results = await asyncio.gather(*map(_within_limit, self._checks.values()))
                self._results = dict(zip(self._checks, results, strict=True))
                self._checked_at = self._clock()
        return self._results


async def _within_limit(check: Callable[[], Awaitable[str | None]]) -> str:
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            return await check() or "ok"
    except TimeoutError:
        return f"no answer within {LIMIT_SECONDS:.0f} s"


@cache
def _of_process() -> Checks:
    async def forget() -> None:
        _of_process.cache_clear()

    clients.on_close(forget)
    return Checks({"database": database_problem, "signing_keys": signing_keys_problem})


def _settings() -> str:
    try:
        settings()
    except ApiError as error:
        return error.message
    return "ok"


async def database_problem() -> str | None:
    """Why the database can't be used, for people to read. A point read: reading metadata has a small budget."""
    try:
        await clients.container(MIGRATION).read_item(FIRST_MIGRATION, partition_key=FIRST_MIGRATION)
    except CosmosResourceNotFoundError:
        return "no migration has been run"
    except AzureError as error:
        return f"unreachable ({type(error).__name__})"
    return None
