"""The trigger of `/api/events`; its routes are imported when they are first asked for."""

import azure.functions as func

bp = func.Blueprint()


@bp.function_name("http_events")
@bp.route(route="events/{*path}")
async def http_events(req: func.HttpRequest) -> func.HttpResponse:
    from functions.http_events.routes import ROUTES
    from shared.http.dispatch import respond

    return func.HttpResponse(**await respond(ROUTES, req))
