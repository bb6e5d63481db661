"""What a token says, read by PyJWT: with its signature checked where the settings ask for it.

With `JWT_VERIFICATION=gateway` API Management has checked the signature, and only the token's lifetime counts here.
"""

from dataclasses import dataclass
from typing import Any

import jwt
from jwt.types import Options

from shared.auth.signing_keys import ALGORITHM, SigningKeys
from shared.config import JwtVerification
from shared.errors import ApiError

LEEWAY_SECONDS = 60
# The other registered claims are not used here, so a provider may put anything into them.
UNUSED: Options = {"verify_iat": False, "verify_sub": False, "verify_jti": False}
UNSIGNED: Options = {**UNUSED, "verify_signature": False, "verify_exp": True, "verify_nbf": True}


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was valid when it was read. `key` is what it is signed with; None where that was not checked."""

    claims: dict[str, Any]
    key: jwt.PyJWK | None
    key_id: str | None


async def read_token(text: str, verification: JwtVerification, keys: SigningKeys | None) -> Token:
    """A token that is valid now: without `keys` by its lifetime, with them by signature, audience and issuer as well.

    Its claim `exp`, where there is one, is a number. Raises ApiError 401 for any other token, 503 when a signature
    can't be checked.
    """
    try:
        if keys is None:
            return Token(jwt.decode(text, options=UNSIGNED, leeway=LEEWAY_SECONDS), None, None)
        return await _signed(text, verification, keys)
    except jwt.ExpiredSignatureError as error:
        raise expired() from error
    except jwt.ImmatureSignatureError as error:
        raise unauthorized("token_not_yet_valid", "The token is not valid yet") from error
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise unauthorized("token_invalid", "The token is not a valid JWT") from error


async def _signed(text: str, verification: JwtVerification, keys: SigningKeys) -> Token:
    """All that can be checked without the key is checked first: a token that fails there costs no fetch."""
    _claims(text, verification, None)
    header = jwt.get_unverified_header(text)
    key_id = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(key_id, str):
        raise jwt.InvalidTokenError("the token must be signed with RS256 and name its key")
    key = await keys.find(key_id)
    if key is None:
        raise jwt.InvalidTokenError("the issuer has no such key")
    return Token(_claims(text, verification, key), key, key_id)


def _claims(text: str, verification: JwtVerification, key: jwt.PyJWK | None) -> dict[str, Any]:
    """The claims of a token for this backend; its signature is checked if there is a key."""
    options: Options = {**UNUSED, "require": ["exp"], "verify_aud": True, "verify_iss": True}
    return jwt.decode(
        text,
        key or "",
        algorithms=[ALGORITHM],
        audience=verification.audience,
        issuer=verification.issuer,
        leeway=LEEWAY_SECONDS,
        options=options if key else {**UNSIGNED, **options},
    )


def expired() -> ApiError:
    return unauthorized("token_expired", "The token has expired")


def unauthorized(code: str, message: str) -> ApiError:
    """401, with the header that names the scheme to use."""
    return ApiError(401, code, message, headers={"WWW-Authenticate": "Bearer"})
