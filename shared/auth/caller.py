"""From the token of a request to its Caller: who is calling, in which tenant, with which rights."""

import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from async_lru import alru_cache

from shared.auth.tokens import LEEWAY_SECONDS, claims_of, expired, unauthorized
from shared.config import JwtVerification, settings
from shared.ids import is_uuid

ADMIN = "time-tracker-admin"
TESTER = "time-tracker-tester"
# A checked token is cached this long, never past its expiry.
CACHED_SECONDS = 300
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


# The caller of an operation that needs no token.
NOBODY = Caller("", "")


async def caller_of(headers: Mapping[str, str]) -> Caller:
    """The Caller of a request; raises ApiError 401 for a bad token, 503 when its signature can't be checked."""
    admission = await _admissions(settings().jwt)(_bearer(headers))
    if admission.expires_at <= time.time():
        raise expired()
    return admission.caller


@dataclass(frozen=True, slots=True)
class Admission:
    """The caller that a token admits. `expires_at` is a POSIX timestamp, infinite for a token without expiry."""

    caller: Caller
    expires_at: float


@cache
def _admissions(verification: JwtVerification) -> Callable[[str], Awaitable[Admission]]:
    """Admits tokens, and caches those admitted lately: a page sends the same one with every call."""

    async def admit(token: str) -> Admission:
        claims = await claims_of(token, verification)
        expires_at = int(claims["exp"]) + LEEWAY_SECONDS if "exp" in claims else math.inf
        return Admission(caller_from(claims), expires_at)

    return alru_cache(maxsize=MOST_TOKENS, ttl=CACHED_SECONDS)(admit)


def caller_from(claims: Mapping[str, Any]) -> Caller:
    """The claims of a checked token as a Caller; raises ApiError 401 where one is missing or malformed."""
    granted = {word for claim in ("extension_role", "roles", "groups") for word in _words(claims.get(claim))}
    emails = [*_words(claims.get("emails")), claims.get("email"), claims.get("preferred_username")]
    return Caller(
        user_id=_user_id(claims.get("oid")),
        tenant_id=_tenant_id(claims.get("iss")),
        email=next((email for email in emails if isinstance(email, str) and email), None),
        name=name if isinstance(name := claims.get("name"), str) and name else None,
        is_admin=ADMIN in granted,
        is_tester=TESTER in granted,
        groups=frozenset(granted),
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
    if isinstance(oid, str) and is_uuid(oid):
        return oid
    raise unauthorized("claim_oid_invalid", "The token's claim 'oid' must be a UUID")


def _tenant_id(issuer: object) -> str:
    try:
        path = urlsplit(issuer).path if isinstance(issuer, str) else ""
    except ValueError:
        path = ""
    tenants = [segment for segment in path.split("/") if is_uuid(segment)]
    if len(tenants) == 1:
        return tenants[0]
    raise unauthorized("claim_iss_invalid", "The token's claim 'iss' must hold the tenant's UUID in its path")


def _words(claim: object) -> list[str]:
    """A claim that identity providers send as a list, or as one string."""
    values = claim if isinstance(claim, list) else [claim]
    return [word.strip() for value in values if isinstance(value, str) for word in value.split(",") if word.strip()]
