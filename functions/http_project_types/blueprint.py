"""The trigger of `/api/project-types`; its routes are imported when they are first asked for."""

import azure.functions as func

bp = func.Blueprint()


@bp.function_name("http_project_types")
@bp.route(route="project-types/{*path}")
async def http_project_types(req: func.HttpRequest) -> func.HttpResponse:
    from functions.http_project_types.routes import ROUTES
    from shared.http.dispatch import respond

    return func.HttpResponse(**await respond(ROUTES, req))
