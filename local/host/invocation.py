"""Calls a function of the app: on the event loop if it is async, else in a thread."""

import asyncio
import inspect
import threading
from typing import Any, cast
from uuid import uuid4

import azure.functions as func

from local.host.indexing import IndexedFunction


class InvocationContext(func.Context):
    """What a handler gets for a parameter named `context`."""

    _storage = cast("type[threading.local]", threading.local())

    def __init__(self, function_name: str) -> None:
        self._invocation_id = str(uuid4())
        self._function_name = function_name

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
        return None

    @property
    def retry_context(self) -> Any:
        return None


async def invoke(function: IndexedFunction, argument: Any) -> Any:
    """Call the function and give what it returns; what it raises goes to the caller."""
    arguments = {function.parameter: argument}
    if function.takes_context:
        arguments["context"] = InvocationContext(function.name)
    if function.is_async:
        return await function.handler(**arguments)
    result = await asyncio.to_thread(function.handler, **arguments)
    if inspect.iscoroutine(result):
        # The worker in Azure would hand the coroutine on as the result; say so rather than run it by accident.
        result.close()
        raise TypeError(f"{function.name}: a sync function returned a coroutine: declare the handler `async def`")
    return result
