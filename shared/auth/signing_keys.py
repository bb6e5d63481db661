"""The keys that an issuer signs its tokens with, fetched from its key server (a JWK set, RFC 7517) and cached.

The keys are renewed in the background well before they stop counting, so nobody notices a key server that is down for
some minutes, and a withdrawn key is refused after `VALID_SECONDS` at the latest. `PyJWKClient` is not used: the keys
that it caches never expire, and it fetches with a blocking call.
"""

import asyncio
import json
import socket
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import aiohttp
import jwt
from aiohttp.abc import AbstractResolver, ResolveResult

from shared.errors import ApiError, unavailable
from shared.refreshed import Refreshed

ALGORITHM = "RS256"
# How long a key counts after the last fetch that returned it.
VALID_SECONDS = 300.0
# At this age the keys are renewed in the background.
RENEWED_AFTER_SECONDS = 120.0
FETCH_SECONDS = 3.0
# How soon after a failed fetch the next one is tried.
TRY_AGAIN_SECONDS = 1.0
# An unknown key id causes a fetch, so a new key counts at once. After a fetch in vain, the set is taken as complete for
# this long: made-up key ids must not become load on the key server.
COMPLETE_SECONDS = 10.0
MOST_BYTES = 256 * 1024
# A set that holds private keys by mistake must not make them ours.
PUBLIC_MEMBERS = frozenset({"kty", "n", "e", "kid", "use", "alg"})

Jwk = dict[str, Any]


class KeySetError(Exception):
    """The key server's answer is not a set with signing keys."""


class SigningKeys:
    """The signing keys published at `url`. `clock` counts seconds; it is a parameter so that tests need not wait."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._complete_until = float("-inf")
        self._parsed: dict[str, tuple[Jwk, jwt.PyJWK]] = {}
        self._keys: Refreshed[Mapping[str, jwt.PyJWK]] = Refreshed(
            "the issuer's key set",
            self._fetch,
            max_age_seconds=RENEWED_AFTER_SECONDS,
            renewal_seconds=FETCH_SECONDS,
            try_again_seconds=TRY_AGAIN_SECONDS,
            clock=clock,
        )
        self._resolver = _Resolver()

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key with this id: the same object as long as the issuer publishes the same key. None if there is none.

        Raises ApiError 503 while no keys are known that count.
        """
        keys = await self._counting()
        if key_id in keys or self._clock() < self._complete_until:
            return keys.get(key_id)
        if not await self._keys.renewed():
            raise _unavailable()
        keys = await self._counting()
        if key_id not in keys:
            self._complete_until = self._clock() + COMPLETE_SECONDS
        return keys.get(key_id)

    async def problem(self) -> str | None:
        """Why no keys are known that count, for people to read; None while there are."""
        try:
            await self._counting()
        except ApiError:
            return self._keys.problem or "no answer"
        return None

    async def close(self) -> None:
        """End a running fetch."""
        await self._keys.close()
        await self._resolver.close()

    async def _counting(self) -> Mapping[str, jwt.PyJWK]:
        keys = await self._keys.within(FETCH_SECONDS, max_age_seconds=VALID_SECONDS)
        if keys is None or self._keys.age_seconds >= VALID_SECONDS:
            raise _unavailable()
        return keys

    async def _fetch(self) -> Mapping[str, jwt.PyJWK]:
        connector = aiohttp.TCPConnector(resolver=self._resolver)
        async with (
            aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.get(self._url, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise KeySetError(f"the key server answered {response.status}")
            content = b""
            async for chunk in response.content.iter_chunked(MOST_BYTES):
                content += chunk
                if len(content) > MOST_BYTES:
                    raise KeySetError(f"the key set is larger than {MOST_BYTES} bytes")
        self._parsed = {jwk["kid"]: (jwk, key) for jwk in _signing_jwks(content) if (key := self._parse(jwk))}
        if not self._parsed:
            raise KeySetError("the key set holds no signing key")
        return {key_id: key for key_id, (_, key) in self._parsed.items()}

    def _parse(self, jwk: Jwk) -> jwt.PyJWK | None:
        """The key of a JWK: as it was parsed before, unless it is another by now. None if PyJWT can't use it."""
        known = self._parsed.get(jwk["kid"])
        if known and known[0] == jwk:
            return known[1]
        try:
            return jwt.PyJWK(jwk, ALGORITHM)
        except Exception:  # noqa: BLE001 - one malformed key, whatever PyJWT makes of it, must not disable the others
            return None


def _signing_jwks(content: bytes) -> list[Jwk]:
    """The public RSA keys of a key set, for signatures; raises KeySetError for what is no set."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise KeySetError("the key set is not JSON") from error
    jwks = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(jwks, list):
        raise KeySetError("the key set must be an object with a list 'keys'")
    public = [{name: jwk[name] for name in PUBLIC_MEMBERS & jwk.keys()} for jwk in jwks if isinstance(jwk, dict)]
    return [jwk for jwk in public if _is_for_signatures(jwk)]


def _is_for_signatures(jwk: Jwk) -> bool:
    return (
        jwk.get("kty") == "RSA"
        and isinstance(jwk.get("kid"), str)
        and jwk.get("use", "sig") == "sig"
        and jwk.get("alg", ALGORITHM) == ALGORITHM
    )


def _unavailable() -> ApiError:
    return unavailable("jwks_unavailable", "The keys that tokens are signed with can't be fetched; retry later", 5)


class _Resolver(AbstractResolver):
    """Looks host names up in a thread of its own: one that hangs must not take the threads that all others share."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "signing-keys")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        look_up = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        found = await asyncio.get_running_loop().run_in_executor(self._thread, look_up)
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=found_family,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for found_family, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        self._thread.shutdown(wait=False)
