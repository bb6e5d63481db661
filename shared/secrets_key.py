"""What the setting `SECRETS_KEY` protects: secrets that are kept encrypted, and texts that clients hand back unchanged.

Each purpose has keys of its own, derived by HKDF (RFC 5869), so that nothing made for one is taken for another. New
things are made with the current key. Those of `SECRETS_KEY_PREVIOUS` are still read.
"""

import base64
import binascii
import hmac
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.config import settings
from shared.errors import unavailable

SIGNATURE_BYTES = sha256().digest_size


class Purpose(StrEnum):
    """What a key is for. The words go into the derivation: to change one is to lose what was made with it."""

    WEBHOOK_SECRETS = "webhook secrets"
    CHANGES_CURSORS = "changes cursors"
    CALENDAR_ADDRESSES = "calendar addresses"


class NotOursError(ValueError):
    """A text that was not made with the current or the previous key for this purpose, or was changed since."""


def require_key() -> None:
    """Raises ApiError 503 `secrets_key_unavailable` while the setting is missing or malformed; so does all below."""
    _keys()


def encrypted(purpose: Purpose, secret: str) -> str:
    """The secret as it may be kept: a Fernet token, whose text needs no escaping."""
    return _fernet(purpose, _keys()).encrypt(secret.encode()).decode()


def decrypted(purpose: Purpose, token: str) -> str:
    """The secret. Raises NotOursError."""
    try:
        return _fernet(purpose, _keys()).decrypt(token).decode()
    except (InvalidToken, ValueError) as error:
        raise NotOursError(purpose) from error


def reencrypted(purpose: Purpose, token: str) -> str:
    """The same secret, encrypted with the current key; `token` itself if it is so already. Raises NotOursError."""
    keys = _keys()
    try:
        _fernet(purpose, keys[:1]).decrypt(token)
    except InvalidToken:
        return encrypted(purpose, decrypted(purpose, token))
    return token


def signed(purpose: Purpose, payload: bytes) -> str:
    """The payload and its signature (HMAC-SHA256), as a text that needs no escaping in a query. It hides nothing."""
    return _text(signatures(purpose, payload)[0] + payload)


def payload_of(purpose: Purpose, text: str) -> bytes:
    """The payload of a signed text. Raises NotOursError for a text that `signed` has not made."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotOursError(purpose) from error
    signature, payload = data[:SIGNATURE_BYTES], data[SIGNATURE_BYTES:]
    ours = [hmac.compare_digest(signature, one) for one in signatures(purpose, payload)]
    # Of the last letter, base64 leaves bits unused: only one spelling is ours.
    if not any(ours) or text != _text(data):
        raise NotOursError(purpose)
    return payload


def signatures(purpose: Purpose, message: bytes) -> list[bytes]:
    """The HMAC-SHA256 of a message with each key, the current one first: the digest under which a secret is found."""
    return [hmac.digest(_derived(key, f"{purpose} signed"), message, sha256) for key in _keys()]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _keys() -> tuple[bytes, ...]:
    secrets = settings().secrets
    if secrets.problem:
        message = f"This part of the service is not configured: {secrets.problem}"
        raise unavailable("secrets_key_unavailable", message, 60)
    return secrets.keys


@lru_cache(maxsize=32)
def _fernet(purpose: Purpose, keys: tuple[bytes, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key, f"{purpose} encrypted"))) for key in keys])


@lru_cache(maxsize=32)
def _derived(key: bytes, info: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info.encode()).derive(key)
