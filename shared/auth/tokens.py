"""What a token says, read by PyJWT: with its signature checked where the settings ask for it.

With `JWT_VERIFICATION=gateway` API Management has checked the signature, and only the token's lifetime counts here.
"""

import asyncio
from functools import cache
from typing import Any

import jwt
from jwt.types import Options

from shared.config import JwtVerification
from shared.errors import ApiError, unavailable

LEEWAY_SECONDS = 60
JWKS_TIMEOUT_SECONDS = 3
LIFETIME_ONLY: Options = {"verify_signature": False, "verify_exp": True, "verify_nbf": True}
# The other registered claims are not used here, so a provider may put anything into them.
SIGNED: Options = {"require": ["exp"], "verify_iat": False, "verify_sub": False, "verify_jti": False}


async def claims_of(token: str, verification: JwtVerification) -> dict[str, Any]:
    """The claims of a token that is valid now; `exp`, where there is one, is a number.

    Raises ApiError 401 for any other token, 503 when the keys to check its signature can't be fetched.
    """
    try:
        if verification.jwks_url is None:
            return jwt.decode(token, options=LIFETIME_ONLY, leeway=LEEWAY_SECONDS)
        return await _verified(token, verification)
    except jwt.ExpiredSignatureError as error:
        raise expired() from error
    except jwt.ImmatureSignatureError as error:
        raise unauthorized("token_not_yet_valid", "The token is not valid yet") from error
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise unauthorized("token_invalid", "The token is not a valid JWT") from error


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
        options=SIGNED,
    )


@cache
def _keys(url: str) -> jwt.PyJWKClient:
    return jwt.PyJWKClient(url, cache_keys=True, timeout=JWKS_TIMEOUT_SECONDS)


def expired() -> ApiError:
    return unauthorized("token_expired", "The token has expired")


def unauthorized(code: str, message: str) -> ApiError:
    """401, with the header that names the scheme to use."""
    return ApiError(401, code, message, headers={"WWW-Authenticate": "Bearer"})
