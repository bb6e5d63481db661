"""Sending one delivery: a POST that ends within ten seconds, whatever is at the other end."""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import NamedTuple

import aiohttp
from yarl import URL

from shared.webhooks.addresses import AddressRefusedError, Resolver, parsed

ANSWER_WITHIN_SECONDS = 10.0
BODY_WITHIN_SECONDS = 2.0
KEPT_BYTES = 1024
FIXED_HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": "time-tracker-webhooks/1",
    # What is kept of an answer is to be readable.
    "Accept-Encoding": "identity",
}
# Why there was no answer, the first that fits: most of them are errors of the operating system as well.
REASONS: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "timeout"),
    (AddressRefusedError, "address_refused"),
    (aiohttp.InvalidURL, "address_refused"),
    (aiohttp.ClientConnectorDNSError, "name_not_resolved"),
    (aiohttp.ClientConnectorCertificateError, "certificate_invalid"),
    (OSError, "connection_failed"),
    (aiohttp.ClientConnectionError, "connection_failed"),
)


class Answer(NamedTuple):
    """What came back: a status and the beginning of the body, or why there was none (`error`).

    `retry_after` is the header of that name, whatever it holds.
    """

    status: int | None
    body: str | None
    error: str | None
    retry_after: str | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has taken the delivery."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants no more of them."""
        return self.status == 410


async def post(url: str, headers: Mapping[str, str], body: bytes, *, to_loopback: bool) -> Answer:
    """Send a body, and read the status and at most 1 KiB of the answer. Never raises: what went wrong is the answer."""
    try:
        address = parsed(url, to_loopback=to_loopback)
        # Nothing is shared with other deliveries: no connection, whose name may lead elsewhere by now, and no cookie.
        connector = aiohttp.TCPConnector(
            resolver=Resolver(address.scheme, to_loopback=to_loopback),
            ssl=_tls(),
            force_close=True,
            use_dns_cache=False,
        )
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
        ) as session:
            return await _posted(session, address, {**FIXED_HEADERS, **headers}, body)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Answer(None, None, _reason(error))


def _reason(error: Exception) -> str:
    """Why there was no answer, in a word."""
    if isinstance(error, aiohttp.ClientConnectorDNSError) and isinstance(error.os_error, AddressRefusedError):
        error = error.os_error
    return next((word for kind, word in REASONS if isinstance(error, kind)), "answer_malformed")


async def _posted(session: aiohttp.ClientSession, address: URL, headers: Mapping[str, str], body: bytes) -> Answer:
    async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
        response = await session.post(address, headers=headers, data=body, allow_redirects=False)
    kept = b""
    try:
        # The status counts, also where the body ends badly or does not end.
        with suppress(TimeoutError, aiohttp.ClientError, OSError):
            async with asyncio.timeout(BODY_WITHIN_SECONDS):
                while len(kept) < KEPT_BYTES and (chunk := await response.content.read(KEPT_BYTES - len(kept))):
                    kept += chunk
    finally:
        # Not released, which could wait for the rest of the body.
        response.close()
    return Answer(response.status, kept.decode(errors="replace"), None, response.headers.get("Retry-After"))


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
