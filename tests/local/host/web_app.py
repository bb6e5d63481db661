"""A small function app whose functions echo what reached them."""

import json
import threading

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


def web_host(settings: dict[str, str] | None = None, http: HttpOptions | None = None) -> Host:
    app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
    app.register_functions(bp)
    return Host(app, settings or {}, http)
