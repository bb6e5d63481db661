"""The trigger of `/api/feature-toggles`; its routes are imported when they are first asked for."""

import azure.functions as func

bp = func.Blueprint()


@bp.function_name("http_feature_toggles")
@bp.route(route="feature-toggles/{*path}")
async def http_feature_toggles(req: func.HttpRequest) -> func.HttpResponse:
    from functions.http_feature_toggles.routes import ROUTES
    from shared.http.dispatch import respond

    return func.HttpResponse(**await respond(ROUTES, req))
