"""The trigger of `/api/projects`; its routes are imported when they are first asked for."""

import azure.functions as func

bp = func.Blueprint()


@bp.function_name("http_projects")
@bp.route(route="projects/{*path}")
async def http_projects(req: func.HttpRequest) -> func.HttpResponse:
    from functions.http_projects.routes import ROUTES
    from shared.http.dispatch import respond

    return func.HttpResponse(**await respond(ROUTES, req))
