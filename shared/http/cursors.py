"""Cursors: where a list goes on. Opaque to clients, and checked like any other text that comes from outside."""

import base64
import binascii
import json
from typing import Any

from marshmallow import ValidationError


def encoded(value: Any) -> str:
    """A JSON value as a text that needs no escaping in a query."""
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def decoded(text: str, parameter: str) -> Any:
    """The value of a cursor. Raises ValidationError for a text that is none."""
    try:
        return json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise malformed(parameter) from error


def malformed(parameter: str) -> ValidationError:
    """400 for a cursor that this service has not made."""
    return ValidationError("Not a value that this list has answered.", parameter)
