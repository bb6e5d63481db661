"""From the token of a request to its Caller: who is calling, in which tenant, with which rights."""

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from shared import clients
from shared.auth.signing_keys import SigningKeys
from shared.auth.tokens import LEEWAY_SECONDS, Token, expired, read_token, unauthorized
from shared.config import JwtVerification, settings
from shared.errors import ApiError
from shared.ids import uuid_in

ADMIN = "time-tracker-admin"
TESTER = "time-tracker-tester"
# How many checked tokens are cached: a page sends the same one with every call.
MOST_TOKENS = 2000


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling. `email` and `name` may be unknown."""

    user_id: str
    tenant_id: str
    email: str | None = None
    name: str | None = None
    is_admin: bool = False
    is_tester: bool = False
    # Every role and group that the token names: a feature flag's audience may be any of them.
    groups: frozenset[str] = frozenset()

    @property
    def may_read_others(self) -> bool:
        """Whether the caller may read what belongs to other users of the tenant: their time entries and events."""
        return self.is_admin

    @property
    def may_see_amounts(self) -> bool:
        """Whether the caller may see what work costs and is charged: rates, and the amounts of reports."""
        return self.is_admin

    @property
    def may_import_for_others(self) -> bool:
        """Whether the caller's imports may hold other people's entries, and make what the catalog lacks."""
        return self.is_admin

    def require_admin(self, message: str = "Only an administrator may do this") -> None:
        """Raises ApiError 403 unless the caller is an administrator."""
        if not self.is_admin:
            raise ApiError(403, "admin_only", message)


# The caller of an operation that needs no token.
NOBODY = Caller("", "")


async def caller_of(headers: Mapping[str, str]) -> Caller:
    """The Caller of a request; raises ApiError 401 for a bad token, 503 when its signature can't be checked."""
    return await of_process().caller_of(_bearer(headers))


async def signing_keys_problem() -> str | None:
    """Why signatures can't be checked now, for people to read; None when they can, or are not checked here."""
    return await of_process().problem()


@dataclass(frozen=True, slots=True)
class Admission:
    """A checked token's caller. `expires_at` is a POSIX timestamp, infinite for a token without expiry."""

    caller: Caller
    token: Token
    expires_at: float


class Callers:
    """Makes callers of tokens, and caches those of tokens that were checked. `clock` counts seconds, for tests.

    `meanwhile` begins what can be done while the issuer's keys are fetched.
    """

    def __init__(
        self,
        verification: JwtVerification,
        *,
        clock: Callable[[], float] = time.monotonic,
        meanwhile: Callable[[], asyncio.Task[None]] | None = None,
    ) -> None:
        self._meanwhile = meanwhile
        self._verification = verification
        self._keys = SigningKeys(verification.jwks_url, clock=clock) if verification.jwks_url else None
        self._admitted: dict[str, Admission] = {}

    async def caller_of(self, text: str) -> Caller:
        """The Caller that a token describes. Raises ApiError as the function of this name does."""
        admission = self._admitted.get(text)
        if admission is None or not await self._still_signed(admission.token):
            admission = await self._admit(text)
        if admission.expires_at <= time.time():
            raise expired()
        return admission.caller

    async def problem(self) -> str | None:
        return await self._keys.problem() if self._keys else None

    async def close(self) -> None:
        if self._keys:
            await self._keys.close()

    async def _still_signed(self, token: Token) -> bool:
        """Whether the key that a token is signed with has not been withdrawn or replaced."""
        return self._keys is None or (token.key_id is not None and await self._keys.find(token.key_id) is token.key)

    async def _admit(self, text: str) -> Admission:
        meanwhile = self._meanwhile() if self._keys and self._meanwhile else None
        token = await read_token(text, self._verification, self._keys)
        # A token that is refused does not wait for it.
        if meanwhile and not meanwhile.done():
            await asyncio.wait({meanwhile})
        expires_at = int(token.claims["exp"]) + LEEWAY_SECONDS if "exp" in token.claims else math.inf
        admission = Admission(caller_from(token.claims), token, expires_at)
        if len(self._admitted) >= MOST_TOKENS:
            self._admitted.pop(next(iter(self._admitted)))
        self._admitted[text] = admission
        return admission


@cache
def of_process() -> Callers:
    """The callers of this process, as its settings have them."""
    # A first call waits for the issuer's keys and for the database: both are asked at once.
    callers = Callers(settings().jwt, meanwhile=clients.opening)
    clients.on_close(_forget)
    return callers


async def _forget() -> None:
    await of_process().close()
    of_process.cache_clear()


def caller_from(claims: Mapping[str, Any]) -> Caller:
    """The claims of a checked token as a Caller; raises ApiError 401 where one is missing or malformed."""
    # Providers send an extension attribute as one text. Names of roles and groups may contain commas.
    granted = frozenset(
        [*_separated(claims.get("extension_role")), *_texts(claims.get("roles")), *_texts(claims.get("groups"))]
    )
    emails = [
        *_separated(claims.get("emails")),
        *_texts(claims.get("emails")),
        claims.get("email"),
        claims.get("preferred_username"),
    ]
    return Caller(
        user_id=_user_id(claims.get("oid")),
        tenant_id=_tenant_id(claims.get("iss")),
        email=next((email for email in emails if _is_text(email)), None),
        name=name if _is_text(name := claims.get("name")) else None,
        is_admin=ADMIN in granted,
        is_tester=TESTER in granted,
        groups=granted,
    )


def _bearer(headers: Mapping[str, str]) -> str:
    header = headers.get("authorization") or headers.get("token")
    if not header:
        raise unauthorized("token_missing", "The Authorization header is missing")
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthorized("token_not_bearer", "The Authorization header must be 'Bearer <JWT>'")
    return token.strip()


def _user_id(oid: object) -> str:
    if user_id := uuid_in(oid):
        return user_id
    raise unauthorized("claim_oid_invalid", "The token's claim 'oid' must be a UUID")


def _tenant_id(issuer: object) -> str:
    try:
        path = urlsplit(issuer).path if isinstance(issuer, str) else ""
    except ValueError:
        path = ""
    tenants = [tenant for segment in path.split("/") if (tenant := uuid_in(segment))]
    if len(tenants) == 1:
        return tenants[0]
    raise unauthorized("claim_iss_invalid", "The token's claim 'iss' must hold the tenant's UUID in its path")


def _separated(claim: object) -> list[str]:
    """The parts of a comma-separated text."""
    return [part.strip() for part in claim.split(",") if part.strip()] if _is_text(claim) else []


def _texts(claim: object) -> list[str]:
    """The texts in a list."""
    return [text for text in claim if _is_text(text)] if isinstance(claim, list) else []


def _is_text(value: object) -> TypeGuard[str]:
    """Whether a claim is a text that is not empty and that UTF-8 can write: JSON can spell half a surrogate pair."""
    if not isinstance(value, str) or not value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
