"""The trigger of `/api/time-entries`; its routes are imported when they are first asked for."""

import azure.functions as func

bp = func.Blueprint()


@bp.function_name("http_time_entries")
@bp.route(route="time-entries/{*path}")
async def http_time_entries(req: func.HttpRequest) -> func.HttpResponse:
    from functions.http_time_entries.routes import ROUTES
    from shared.http.dispatch import respond

    return func.HttpResponse(**await respond(ROUTES, req))
