"""`/api/projects`: what the work is for."""

import azure.functions as func

from shared.catalog.projects import list_projects, show_project
from shared.catalog.routes import catalog_routes
from shared.catalog.schemas import ProjectBody, ProjectQuery
from shared.catalog.store import PROJECTS
from shared.http import respond

ROUTES = catalog_routes("projects", PROJECTS, ProjectBody(), ProjectQuery(), list_projects, show_project)

bp = func.Blueprint()


@bp.function_name("http_projects")
@bp.route(route="projects/{*path}")
async def http_projects(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(**await respond(ROUTES, req))
