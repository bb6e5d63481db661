"""The trigger of `/api/users`; its routes are imported when they are first asked for."""

import azure.functions as func

bp = func.Blueprint()


@bp.function_name("http_users")
@bp.route(route="users/{*path}")
async def http_users(req: func.HttpRequest) -> func.HttpResponse:
    from functions.http_users.routes import ROUTES
    from shared.http.dispatch import respond

    return func.HttpResponse(**await respond(ROUTES, req))
