"""The trigger of `/api/health`; its routes are imported when they are first asked for."""

import azure.functions as func

bp = func.Blueprint()


@bp.function_name("http_health")
@bp.route(route="health/{*path}", auth_level=func.AuthLevel.ANONYMOUS)
async def http_health(req: func.HttpRequest) -> func.HttpResponse:
    from functions.http_health.routes import ROUTES
    from shared.http.dispatch import respond

    return func.HttpResponse(**await respond(ROUTES, req))
