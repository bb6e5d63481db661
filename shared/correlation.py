"""The one id that ties a request to its log lines, its audit events and its answer."""

import re
from collections.abc import Mapping
from uuid import uuid4

# https://www.w3.org/TR/trace-context/#traceparent-header: version, trace id, parent id, flags.
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
_NO_TRACE = "0" * 32


def correlation_id_of(headers: Mapping[str, str]) -> str:
    """The trace id of the request's `traceparent`, or a new one: 32 hexadecimal digits."""
    match = _TRACEPARENT.fullmatch(headers.get("traceparent", "").strip())
    return match[1] if match and match[1] != _NO_TRACE else uuid4().hex
