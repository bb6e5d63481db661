"""The trigger of `/api/technologies`; its routes are imported when they are first asked for."""

import azure.functions as func

bp = func.Blueprint()


@bp.function_name("http_technologies")
@bp.route(route="technologies/{*path}")
async def http_technologies(req: func.HttpRequest) -> func.HttpResponse:
    from functions.http_technologies.routes import ROUTES
    from shared.http.dispatch import respond

    return func.HttpResponse(**await respond(ROUTES, req))
