"""The process-wide clients, opened on first use: nothing here happens at import.

The Functions worker runs one event loop for all its life and has no shutdown hook, so a client lives as long as its
process. The command line and tests call `close` when they end.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError
from azure.core.settings import settings as sdk_settings
from azure.cosmos.aio import ContainerProxy, CosmosClient

from shared.config import FeatureFlagSettings, settings
from shared.cosmos.containers import TIME_ENTRY
from shared.logs import hand_on_trace

if TYPE_CHECKING:
    from azure.appconfiguration.aio import AzureAppConfigurationClient
    from azure.core.credentials_async import AsyncTokenCredential

    from shared.cosmos.transport import Transport

# The SDK's own waits (65 s to read, 9 tries over 30 s when throttled) are too long behind an API that answers in 10 s.
CONNECT_TIMEOUT_SECONDS = 2
READ_TIMEOUT_SECONDS = 3
RETRIES = 2
RETRY_WAIT_SECONDS = 0.2
THROTTLE_RETRIES = 5
THROTTLE_WAIT_SECONDS = 4
# Feature flags are read in the background, and again soon: one retry is enough.
APP_CONFIGURATION_RETRIES = 1

_closers: list[Callable[[], Awaitable[None]]] = []


@cache
def cosmos() -> CosmosClient:
    """The Cosmos DB client; with `COSMOS_KEY` by key, without one by the app's managed identity."""
    # The SDK looks in the environment, twice in each call, whether it is to trace. What it finds now holds.
    sdk_settings.tracing_enabled = sdk_settings.tracing_enabled()
    return CosmosClient(
        settings().cosmos_endpoint,
        credential=settings().cosmos_key or identity(),
        connection_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retry_total=RETRIES,
        retry_backoff_factor=RETRY_WAIT_SECONDS,
        retry_throttle_total=THROTTLE_RETRIES,
        retry_throttle_backoff_max=THROTTLE_WAIT_SECONDS,
        raw_request_hook=hand_on_trace,
        transport=cosmos_transport.get()(),
    )


def _usual_transport() -> "Transport":
    # Imported late: aiohttp takes a third of a cold start, and there is no client before the first call.
    from urllib.request import getproxies  # noqa: PLC0415

    from shared.cosmos.transport import Transport  # noqa: PLC0415

    # By default each call looks for a password in ~/.netrc, in a thread of its own, which takes as long as the rest of
    # a point read (decision 10). Without a proxy in the environment it can't find anything there.
    return Transport(use_env_settings=bool(getproxies()))


# Makes the transport of the Cosmos DB client that this context opens; the command line sets one that slows it down.
cosmos_transport: ContextVar[Callable[[], "Transport"]] = ContextVar("cosmos_transport", default=_usual_transport)


@cache
def container(container_id: str) -> ContainerProxy:
    """A container of the database of the settings."""
    return cosmos().get_database_client(settings().cosmos_database).get_container_client(container_id)


@cache
def opening() -> asyncio.Task[None]:
    """Opens the database, once in a process, beside what the first call does meanwhile; it never fails.

    What is wrong with the database shows in the first call that needs it.
    """
    return asyncio.create_task(_open())


async def _open() -> None:
    """The SDK reads the account and the container's partition key before its first request, and keeps both."""
    with suppress(AzureError):
        await container(TIME_ENTRY).read()


@cache
def app_configuration() -> "AzureAppConfigurationClient":
    """The App Configuration client of the settings."""
    return open_app_configuration(settings().feature_flags)


def open_app_configuration(where: FeatureFlagSettings) -> "AzureAppConfigurationClient":
    """A client, by key with a connection string (ValueError if malformed), else by the app's managed identity."""
    # Imported late, like the identity: a cold start need not wait for it.
    from azure.appconfiguration.aio import AzureAppConfigurationClient  # noqa: PLC0415

    options: dict[str, Any] = {
        "connection_timeout": CONNECT_TIMEOUT_SECONDS,
        "read_timeout": READ_TIMEOUT_SECONDS,
        "retry_total": APP_CONFIGURATION_RETRIES,
    }
    if where.connection_string:
        return AzureAppConfigurationClient.from_connection_string(where.connection_string, **options)
    return AzureAppConfigurationClient(where.endpoint or "", identity(), **options)


def identity() -> "AsyncTokenCredential":
    # Imported late: it takes a quarter of a second, and a laptop never needs it.
    from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415

    return UncancelledCredential(DefaultAzureCredential())


class UncancelledCredential:
    """A credential whose token requests go on when the call that needs the token is cancelled; equal ones are shared.

    Every request to this app is cancelled at its deadline. An identity endpoint that takes longer than that would never
    get to give a token; so it gives it to the next request.
    """

    def __init__(self, credential: "AsyncTokenCredential") -> None:
        self._credential = credential
        self._running: dict[str, asyncio.Task[AccessToken]] = {}

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """A token for these scopes. Raises what the credential raises."""
        key = repr((scopes, sorted(options.items())))
        if key not in self._running:
            self._running[key] = asyncio.create_task(self._request(key, scopes, options))
        return await asyncio.shield(self._running[key])

    async def close(self) -> None:
        """End the requests that are running, and close the credential."""
        for task in [*self._running.values()]:
            task.cancel()
        await self._credential.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _request(self, key: str, scopes: tuple[str, ...], options: dict[str, Any]) -> AccessToken:
        try:
            return await self._credential.get_token(*scopes, **options)
        finally:
            del self._running[key]


def on_close(closer: Callable[[], Awaitable[None]]) -> None:
    """Have `close` call this once, before it closes the clients: to drop what was read through them."""
    _closers.append(closer)


async def close() -> None:
    """Close every open client; the next call opens new ones."""
    while _closers:
        await _closers.pop()()
    if opening.cache_info().currsize:
        opening().cancel()
        await asyncio.wait({opening()})
        opening.cache_clear()
    if cosmos.cache_info().currsize:
        await cosmos().close()
    if app_configuration.cache_info().currsize:
        await app_configuration().close()
    app_configuration.cache_clear()
    container.cache_clear()
    cosmos.cache_clear()
