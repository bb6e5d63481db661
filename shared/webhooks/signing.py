"""Signatures of the Standard Webhooks specification (symmetric, `v1`)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """`whsec_` and 32 random bytes in standard base64 with its padding: receivers refuse other forms."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(message_id: str, timestamp: int, body: bytes, whsecs: Sequence[str]) -> dict[str, str]:
    """The three headers of a delivery. `timestamp` is the try's own time in whole seconds since 1970.

    The signature of the first secret comes first: some receivers read no other.
    """
    content = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{_signature(whsec, content)}" for whsec in whsecs),
    }


def _signature(whsec: str, content: bytes) -> str:
    key = base64.b64decode(whsec.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
