"""A Functions worker for one app, in a process of its own: Azure's own runtime library indexes and invokes it here.

`python azure_worker.py FOLDER` reads a command a line and answers each with a line, all of them JSON. What Azure's host
sends over gRPC comes from a test or from the benchmark instead; the message types that the host hands to the library
are stood in for below. The library needs Python 3.13.
"""

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from azure_functions_runtime import handle_event
from azure_functions_runtime.bindings.datumdef import Datum
from azure_functions_runtime.native_invocation import invocation_request_native

Command = Mapping[str, Any]


class Message(SimpleNamespace):
    """A message of the host's protocol, of whatever type."""


class BindingInfo(Message):
    """A binding of a function, and what its direction and data type may be."""

    out = 1
    inout = 2
    undefined = 0


class StatusResult(Message):
    """How a request ended."""

    Failure = 0
    Success = 1


MESSAGES = SimpleNamespace(
    BindingInfo=BindingInfo,
    FunctionMetadataResponse=Message,
    RpcException=Message,
    RpcFunctionMetadata=Message,
    RpcRetryOptions=Message,
    StatusResult=StatusResult,
    WorkerInitResponse=Message,
    WorkerMetadata=Message,
)


async def index(folder: Path) -> dict[str, str]:
    """Index the app of a folder, and give the id of each function; raises what the library tells the host."""
    started = Message(worker_init_request=Message(capabilities={}, function_app_directory=str(folder)))
    answer = await handle_event.worker_init_request(
        Message(request=started, properties={"host": "127.0.0.1", "protos": MESSAGES})
    )
    if answer.result.status != StatusResult.Success:
        raise RuntimeError(answer.result.exception.message)
    answer = await handle_event.functions_metadata_request(Message())
    return {function.name: function.function_id for function in answer.function_metadata_results}


async def invoke(function_id: str, command: Command) -> dict[str, Any]:
    """Invoke a function with what its trigger brings: an HTTP request, or documents."""
    parameter, trigger = command["parameter"], command["trigger"]
    datum = Datum(json.dumps(trigger), "json") if isinstance(trigger, list) else _http(trigger)
    ok, answer, _, error, _ = await invocation_request_native(str(uuid4()), function_id, [(parameter, datum)], {})
    return {"ok": ok, "error": error, "answer": answer and _http_answer(answer.value)}


def code_of(function_id: str) -> Callable[..., Awaitable[Any]]:
    """The app's own code behind a function: an app can't be asked for its functions twice."""
    found: Callable[..., Awaitable[Any]] = handle_event._functions.get_function(function_id).func  # noqa: SLF001
    return found


def _http(request: Mapping[str, Any]) -> Datum:
    def texts(values: Mapping[str, str]) -> dict[str, Datum]:
        return {name: Datum(value, "string") for name, value in values.items()}

    return Datum(
        {
            "method": Datum(request["method"], "string"),
            "url": Datum(request["url"], "string"),
            "headers": texts(request["headers"]),
            "params": texts(request["route"]),
            "query": texts(request["query"]),
            "body": Datum(request["body"].encode(), "bytes"),
        },
        "http",
    )


def _http_answer(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "status": int(answer["status_code"].value),
        "headers": {name: value.value for name, value in answer["headers"].items()},
        "body": answer["body"].value.decode(),
    }


async def main(folder: Path) -> None:
    """Index the app, then invoke what is asked for until there are no more commands."""
    logging.basicConfig(level=logging.WARNING)
    # The folder of this file has no business there: an app finds its own modules and what is installed, nothing else.
    sys.path[0] = str(folder)
    try:
        functions = await index(folder)
    except RuntimeError as error:
        _say({"error": str(error)})
        return
    _say({"functions": sorted(functions)})
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        _say(await invoke(functions[command["function"]], command))


def _say(answer: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
