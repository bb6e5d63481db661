"""Log lines, and the ids that tie them to a request, its database calls, its events and its answer.

The correlation id is made here for each request, so that no caller chooses what the audit trail says. The trace id of
the caller's W3C trace context (https://www.w3.org/TR/trace-context/), which Application Insights shows as
`operation_Id`, stands beside it.
"""

import logging
import re
import secrets
import time
from collections import deque
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineRequest

# The id of the request that this task works on: 32 hexadecimal digits, empty outside of a request.
correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
# The trace id that its caller sent, in the same form; empty if there was none.
trace_id: ContextVar[str] = ContextVar("trace_id", default="")

# Version, trace id, parent id, flags; a later version may append to it.
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
_NO_TRACE = "0" * 32

REPEATED_AFTER_SECONDS = 600.0
# Subjects come from settings and from a flag store, so there are few. Beyond this many the oldest may be repeated.
MOST_SUBJECTS = 1000


def begin_request(headers: Mapping[str, str]) -> None:
    """Give this task a new correlation id, and the trace id of the request's `traceparent`, if there is one."""
    correlation_id.set(secrets.token_hex(16))
    match = _TRACEPARENT.fullmatch(headers.get("traceparent", "").strip())
    trace_id.set(match[1] if match and match[1] != _NO_TRACE else "")


def traceparent() -> dict[str, str]:
    """The header that passes the trace on, one of our own where the caller has none; empty outside of a request."""
    trace = trace_id.get() or correlation_id.get()
    return {"traceparent": f"00-{trace}-{secrets.token_hex(8)}-01"} if trace else {}


def hand_on_trace(request: "PipelineRequest[Any]") -> None:
    """Passes the trace on to a service that an Azure SDK calls."""
    request.http_request.headers.update(traceparent())


class _Correlated(logging.LoggerAdapter[logging.Logger]):
    """Adds both ids to each line, and as attributes, which Application Insights keeps as dimensions."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        ids = {"correlation_id": correlation_id.get(), "trace_id": trace_id.get()}
        shown = " ".join(filter(None, ids.values()))
        return (f"{msg} [{shown}]" if shown else msg), {**kwargs, "extra": {**(kwargs.get("extra") or {}), **ids}}


def logger(name: str) -> _Correlated:
    """The logger of a module. No line of it holds a token, an e-mail or a description."""
    return _Correlated(logging.getLogger(name))


# Not `azure` as a whole, which would include `azure.functions`.
SDK_LOGGERS = ("azure.appconfiguration", "azure.core", "azure.cosmos", "azure.identity", "msal")

# The warnings that wait for the end of an invocation; beyond this many the oldest are dropped.
_waiting: deque[tuple[logging.Logger, str, tuple[object, ...]]] = deque(maxlen=100)


class SparingLog:
    """Warnings of work in the background: each is logged at the end of the next invocation, and seldom repeated.

    The Functions host drops what is logged outside of an invocation, and a task that one request has started may go on
    after it.
    """

    def __init__(self, name: str) -> None:
        self._log = logging.getLogger(name)
        self._warned_at: dict[str, float] = {}

    def warn_about(self, subject: str, message: str, *args: object) -> None:
        """Log a warning unless there was one about the same subject a short while ago."""
        now = time.monotonic()
        if now - self._warned_at.get(subject, float("-inf")) < REPEATED_AFTER_SECONDS:
            return
        if len(self._warned_at) >= MOST_SUBJECTS:
            self._warned_at.pop(next(iter(self._warned_at)))
        self._warned_at[subject] = now
        _waiting.append((self._log, message, args))


def log_what_waits() -> None:
    """Log the warnings of the background: to be called within an invocation."""
    while _waiting:
        log, message, args = _waiting.popleft()
        log.warning(message, *args)


def silence_sdks() -> None:
    """Keep the SDKs' records below WARNING out of the log: two for each HTTP request, with ids of tenants and users.

    The Functions worker sets the root logger to INFO, and the host files these records under the function's own
    category, where host.json can't tell them apart.
    """
    for name in SDK_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
