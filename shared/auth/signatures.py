"""The signature of a token, checked by the keys that its issuer publishes: for where this backend checks it as well."""

import asyncio
from functools import cache
from typing import Any

import jwt

from shared.auth.tokens import LEEWAY_SECONDS, expired, malformed, not_yet_valid
from shared.config import JwtVerification
from shared.errors import unavailable

JWKS_TIMEOUT_SECONDS = 3


async def verified_claims(token: str, verification: JwtVerification) -> dict[str, Any]:
    """The claims of a token whose signature, audience, issuer and lifetime are right.

    Raises ApiError 401 for any other, 503 when the keys can't be fetched.
    """
    try:
        return await _verified(token, verification)
    except jwt.ExpiredSignatureError as error:
        raise expired() from error
    except jwt.ImmatureSignatureError as error:
        raise not_yet_valid() from error
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise malformed() from error


async def _verified(token: str, verification: JwtVerification) -> dict[str, Any]:
    try:
        # PyJWT fetches the keys with a blocking client, and caches them.
        key = await asyncio.to_thread(_keys(verification.jwks_url or "").get_signing_key_from_jwt, token)
    except jwt.PyJWKClientConnectionError as error:
        raise unavailable("jwks_unavailable", "The keys that tokens are signed with can't be fetched", 5) from error
    except jwt.PyJWKClientError as error:
        raise jwt.InvalidTokenError(str(error)) from error
    return jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        audience=verification.audience,
        issuer=verification.issuer,
        leeway=LEEWAY_SECONDS,
        options={"require": ["exp"], "verify_iat": False, "verify_sub": False, "verify_jti": False},
    )


@cache
def _keys(url: str) -> jwt.PyJWKClient:
    return jwt.PyJWKClient(url, cache_keys=True, timeout=JWKS_TIMEOUT_SECONDS)
