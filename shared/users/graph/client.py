"""Calls to Microsoft Graph: azure-core's pipeline with azure-identity's token, paging, and what failures mean.

A throttled call waits as long as Graph asks, unless that is most of the time the call may take. Everything sent here
is idempotent, so every method is retried.
"""

import asyncio
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from async_lru import alru_cache
from azure.core import AsyncPipelineClient
from azure.core.exceptions import AzureError
from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    AsyncRetryPolicy,
    HeadersPolicy,
    HttpLoggingPolicy,
    ProxyPolicy,
    UserAgentPolicy,
)
from azure.core.rest import AsyncHttpResponse, HttpRequest

from shared.clients import UncancelledCredential
from shared.config import GraphSettings
from shared.errors import ApiError, unavailable
from shared.logs import logger, traceparent

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

CONNECT_TIMEOUT_SECONDS = 2
READ_TIMEOUT_SECONDS = 3
# How long one call may take with all its tries: within a request, and for a page read in the background.
CALL_SECONDS = 4
PAGE_CALL_SECONDS = 60
RETRIES = 3
RETRY_WAIT_SECONDS = 0.2
# Each try of a call that needs a token asks for one, which is retried as well.
TOKEN_RETRIES = 1
METHODS = frozenset({"GET", "POST", "PATCH", "DELETE"})

Row = dict[str, Any]

log = logger(__name__)


class GraphClientError(Exception):
    """Graph answered 400, 404 or 409: the object is not there, or not in the state that the request needs."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Graph:
    """Microsoft Graph as the settings say; `transport` goes to the pipelines of the calls and of the token's."""

    def __init__(self, settings: GraphSettings, **transport: Any) -> None:
        self._settings = settings
        self._options = {
            "connection_timeout": CONNECT_TIMEOUT_SECONDS,
            "read_timeout": READ_TIMEOUT_SECONDS,
            "retry_total": RETRIES,
            "retry_backoff_factor": RETRY_WAIT_SECONDS,
            **transport,
        }
        self._opened = alru_cache(maxsize=1)(self._open)

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Row:
        """One object. Raises GraphClientError when there is none."""
        return await self._call("GET", self._url(path, query or {}))

    async def send(self, method: str, path: str, body: Row | None = None) -> Row:
        """A write, or a query with a body; `{}` when the answer is empty. Raises GraphClientError."""
        return await self._call(method, self._url(path, {}), body)

    async def everything(self, path: str, query: Mapping[str, str]) -> list[Row]:
        """All objects of a collection, page by page; an empty page need not be the last."""
        rows: list[Row] = []
        url: str | None = self._url(path, query)
        while url:
            page = await self._call("GET", url, seconds=PAGE_CALL_SECONDS)
            rows.extend(page.get("value", []))
            url = self._checked(page.get("@odata.nextLink"))
        return rows

    async def close(self) -> None:
        """Close the connections, if there are any."""
        if self._opened.cache_info().currsize:
            client, credential = await self._opened()
            await client.close()
            await credential.close()
            self._opened.cache_clear()

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        url = f"{self._settings.endpoint}/{path}"
        return f"{url}?{urlencode(query, quote_via=quote, safe='$,()')}" if query else url

    def _checked(self, next_link: str | None) -> str | None:
        """The link to the next page; the token must not be sent to another host."""
        if next_link and urlsplit(next_link)[:2] != urlsplit(self._settings.endpoint)[:2]:
            log.warning("Microsoft Graph's next page lies at %s", urlsplit(next_link).netloc)
            raise graph_unavailable()
        return next_link

    async def _call(self, method: str, url: str, body: Row | None = None, seconds: float = CALL_SECONDS) -> Row:
        try:
            async with asyncio.timeout(seconds):
                client, _ = await self._opened()
                request = HttpRequest(method, url, headers=traceparent(), json=body)
                return _content(await client.send_request(request, timeout=seconds, retry_on_methods=METHODS))
        except (AzureError, TimeoutError) as error:
            reason = str(error).partition("\n")[0]
            log.warning("Microsoft Graph can't be reached (%s: %s)", type(error).__name__, reason)
            raise graph_unavailable() from error

    async def _open(self) -> tuple[AsyncPipelineClient[HttpRequest, AsyncHttpResponse], "AsyncTokenCredential"]:
        # Importing azure-identity takes a quarter of a second; in a thread it does not hold up other requests.
        credential = await asyncio.to_thread(_credential, self._settings, self._options)
        policies = [
            HeadersPolicy(),
            UserAgentPolicy("time-tracker"),
            ProxyPolicy(),
            _RetryPolicy(**self._options),
            AsyncBearerTokenCredentialPolicy(credential, self._settings.scope),
            HttpLoggingPolicy(),
        ]
        return AsyncPipelineClient(self._settings.endpoint, policies=policies, **self._options), credential


class _RetryPolicy(AsyncRetryPolicy[HttpRequest, AsyncHttpResponse]):
    """azure-core's, but it returns the answer at once where it would wait for most of the call's time."""

    def increment(self, settings: dict[str, Any], response: Any = None, error: Exception | None = None) -> bool:
        wait = self.get_retry_after(response) if isinstance(response, PipelineResponse) else None
        return super().increment(settings, response, error) and 2 * (wait or 0) < settings["timeout"]


def _credential(settings: GraphSettings, options: Mapping[str, Any]) -> "AsyncTokenCredential":
    from azure.identity.aio import ClientSecretCredential, DefaultAzureCredential  # noqa: PLC0415 - see `_open`

    options = {**options, "retry_total": TOKEN_RETRIES}
    if settings.client_id and settings.secret and settings.tenant:
        return UncancelledCredential(
            ClientSecretCredential(
                settings.tenant, settings.client_id, settings.secret, authority=settings.authority, **options
            )
        )
    return UncancelledCredential(DefaultAzureCredential(**options))


def _content(response: AsyncHttpResponse) -> Row:
    """The JSON of an answer; raises GraphClientError, or ApiError 429 or 503 when Graph did not process the call."""
    status = response.status_code
    if status == 429:
        seconds = AsyncRetryPolicy().parse_retry_after(response.headers.get("Retry-After", "1"))
        raise ApiError(
            429,
            "directory_throttled",
            "The directory of users is throttling; retry later",
            headers={"Retry-After": str(max(math.ceil(seconds), 1))},
        )
    try:
        content: Row = response.json() if response.content else {}
    except ValueError:
        content = {}
    if status < 300:
        return content
    error = content.get("error", {})
    if status in {400, 404, 409}:
        raise GraphClientError(status, error.get("message", ""))
    log.warning("Microsoft Graph answered %s %s", status, error.get("code", ""))
    raise graph_unavailable()


def graph_unavailable() -> ApiError:
    """503: Graph can't be reached."""
    return unavailable("directory_unavailable", "The directory of users is unavailable; retry later", 5)
