"""Calls a function of the app: on the event loop if it is async, else in a thread, until its timeout at the latest."""

import asyncio
import inspect
import re
import secrets
import threading
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

import azure.functions as func

from local.host.indexing import IndexedFunction
from local.host.retries import RetryPolicy

_TRACE_PARENT = re.compile(r"[0-9a-f]{2}-(?P<trace>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class FunctionTimeoutError(Exception):
    """A function ran for longer than host.json's `functionTimeout` allows."""


@dataclass(frozen=True)
class Retry:
    """What a handler sees as `context.retry_context`: which retry this call is, of how many. It is always there."""

    retry_count: int = 0
    max_retry_count: int = 0
    exception: None = None

    @classmethod
    def number(cls, retry: int, policy: RetryPolicy | None) -> "Retry":
        return cls(retry, 0 if policy is None else policy.maximum)


@dataclass(frozen=True)
class Trace:
    """What a handler sees as `context.trace_context`: the caller's trace, with a span of this call's own."""

    trace_parent: str
    trace_state: str

    @property
    def attributes(self) -> dict[str, str]:
        return {}

    @property
    def Traceparent(self) -> str:  # noqa: N802 - the spelling of older workers, which handlers still use
        return self.trace_parent

    @property
    def Tracestate(self) -> str:  # noqa: N802 - see above
        return self.trace_state

    @classmethod
    def of(cls, argument: Any) -> "Trace":
        """Continue the trace of an HTTP request; anything else begins one."""
        headers = argument.headers if isinstance(argument, func.HttpRequest) else {}
        match = _TRACE_PARENT.fullmatch(headers.get("traceparent", ""))
        trace_id = match["trace"] if match else secrets.token_hex(16)
        return cls(f"00-{trace_id}-{secrets.token_hex(8)}-00", headers.get("tracestate", "") if match else "")


class InvocationContext(func.Context):
    """What a handler gets for a parameter named `context`."""

    _storage = cast("type[threading.local]", threading.local())

    def __init__(self, function_name: str, retry: Retry, trace: Trace) -> None:
        self._invocation_id = str(uuid4())
        self._function_name = function_name
        self._retry = retry
        self._trace = trace

    @property
    def invocation_id(self) -> str:
        return self._invocation_id

    @property
    def thread_local_storage(self) -> type[threading.local]:
        return self._storage

    @property
    def function_name(self) -> str:
        return self._function_name

    @property
    def function_directory(self) -> str:
        return ""

    @property
    def trace_context(self) -> Any:
        return self._trace

    @property
    def retry_context(self) -> Any:
        return self._retry


async def invoke(function: IndexedFunction, argument: Any, retry: Retry | None = None) -> Any:
    """Call the function and give what it returns; what it raises goes to the caller.

    Raises FunctionTimeoutError. The real host then kills the worker, with all that it is doing; here the call ends, or,
    in a thread, is no longer waited for.
    """
    try:
        async with asyncio.timeout(function.timeout_seconds) as timeout:
            return await _call(function, argument, retry or Retry())
    except TimeoutError as error:
        if not timeout.expired():
            raise
        raise FunctionTimeoutError(
            f"{function.name} ran for longer than the functionTimeout of {function.timeout_seconds:g} s"
        ) from error


async def _call(function: IndexedFunction, argument: Any, retry: Retry) -> Any:
    arguments = {function.parameter: argument}
    if function.takes_context:
        arguments["context"] = InvocationContext(function.name, retry, Trace.of(argument))
    if function.is_async:
        return await function.handler(**arguments)
    result = await asyncio.to_thread(function.handler, **arguments)
    if inspect.iscoroutine(result):
        # The worker in Azure would hand the coroutine on as the result; say so rather than run it by accident.
        result.close()
        raise TypeError(f"{function.name}: a sync function returned a coroutine: declare the handler `async def`")
    return result
