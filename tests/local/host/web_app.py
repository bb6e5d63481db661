"""A small function app whose functions echo what reached them."""

import asyncio
import json
import threading
import time
from dataclasses import dataclass, field

import azure.functions as func

from local.host.host import Host
from local.host.server import HttpOptions

bp = func.Blueprint()  # type: ignore[no-untyped-call]


def _echo(req: func.HttpRequest, **more: str) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "headers": dict(req.headers),
        "params": dict(req.params),
        "route": dict(req.route_params),
        "body": req.get_body().decode("latin-1"),
        **more,
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")


@bp.function_name("things")
@bp.route(route="things/{*path}")
async def things(req: func.HttpRequest) -> func.HttpResponse:
    return _echo(req)


@bp.function_name("sync_one")
@bp.route(route="sync", methods=["GET"])
def sync_one(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    return _echo(req, thread=threading.current_thread().name, function=context.function_name)


@bp.function_name("b_by_number")
@bp.route(route="typed/{number:int}")
async def by_number(req: func.HttpRequest) -> func.HttpResponse:
    return _echo(req, function="by_number")


@bp.function_name("z_literal")
@bp.route(route="order/latest")
async def literal(req: func.HttpRequest) -> func.HttpResponse:
    return _echo(req, function="literal")


@bp.function_name("a_parameter")
@bp.route(route="order/{id}")
async def any_id(req: func.HttpRequest) -> func.HttpResponse:
    return _echo(req, function="any_id")


@bp.function_name("optional")
@bp.route(route="optional/{id?}")
async def optional(req: func.HttpRequest) -> func.HttpResponse:
    return _echo(req)


@bp.function_name("failing")
@bp.route(route="failing")
async def failing(req: func.HttpRequest) -> func.HttpResponse:
    raise LookupError(req.method)


@bp.function_name("wrong_result")
@bp.route(route="wrong-result")
async def wrong_result(req: func.HttpRequest):  # type: ignore[no-untyped-def]  # noqa: ANN201, ARG001
    return {"not": "a response"}


@bp.function_name("answers")
@bp.route(route="answers/{status}")
async def answers(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse("späße", status_code=int(req.route_params["status"]), headers={"ETag": '"1"'})
    response.headers.add("Set-Cookie", "a=1; Path=/")
    response.headers.add("Set-Cookie", "b=2")
    return response


@bp.function_name("made")
@bp.route(route="made/{status}", methods=["GET", "POST", "PUT"])
async def made(req: func.HttpRequest) -> func.HttpResponse:
    """Answers with the status of the path, the headers of the request's `x-answer` (JSON), and the request's body."""
    response = func.HttpResponse(req.get_body(), status_code=int(req.route_params["status"]))
    for name, value in json.loads(req.headers.get("x-answer", "[]")):
        response.headers.add(name, value)
    return response


@dataclass
class Doors:
    """Where the functions below stop until a test lets them go on."""

    entered: int = 0
    inside: int = 0
    most_inside: int = 0
    finished: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)


doors = Doors()


@bp.function_name("waiting")
@bp.route(route="waiting")
async def waiting(req: func.HttpRequest) -> func.HttpResponse:
    doors.entered += 1
    doors.inside += 1
    doors.most_inside = max(doors.inside, doors.most_inside)
    try:
        await doors.open.wait()
    finally:
        doors.inside -= 1
    doors.finished += 1
    return func.HttpResponse(str(len(req.get_body())))


@bp.function_name("slow_thread")
@bp.route(route="slow-thread")
def slow_thread(req: func.HttpRequest) -> func.HttpResponse:
    time.sleep(float(req.params["seconds"]))
    return func.HttpResponse("late")


@bp.function_name("contexts")
@bp.route(route="contexts")
async def contexts(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:  # noqa: ARG001
    retry, trace = context.retry_context, context.trace_context
    seen = {"retries": [retry.retry_count, retry.max_retry_count], "parent": trace.trace_parent}
    return func.HttpResponse(json.dumps({**seen, "state": trace.trace_state}))


def web_host(
    settings: dict[str, str] | None = None, http: HttpOptions | None = None, timeout_seconds: float | None = 60.0
) -> Host:
    app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
    app.register_functions(bp)
    return Host(app, settings or {}, http, function_timeout_seconds=timeout_seconds)
