"""The trigger of `/api/activities`; its routes are imported when they are first asked for."""

import azure.functions as func

bp = func.Blueprint()


@bp.function_name("http_activities")
@bp.route(route="activities/{*path}")
async def http_activities(req: func.HttpRequest) -> func.HttpResponse:
    from functions.http_activities.routes import ROUTES
    from shared.http.dispatch import respond

    return func.HttpResponse(**await respond(ROUTES, req))
