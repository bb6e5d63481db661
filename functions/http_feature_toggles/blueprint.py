"""`/api/feature-toggles`: what is switched on for the caller."""

import azure.functions as func

from shared import flags
from shared.http import Reply, Request, Route, respond

bp = func.Blueprint()


async def feature_toggles(request: Request) -> Reply:
    return Reply({"flags": await flags.toggles(request.caller)})


ROUTES = (Route("GET", "", feature_toggles, "List the feature flags, as each is for the caller"),)


@bp.function_name("http_feature_toggles")
@bp.route(route="feature-toggles/{*path}")
async def http_feature_toggles(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(**await respond(ROUTES, req))
