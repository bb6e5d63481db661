"""`/api/projects`: what the work is for."""

from shared.catalog.answers import Project
from shared.catalog.projects import list_projects, list_recent, show_project
from shared.catalog.routes import catalog_routes
from shared.catalog.schemas import ProjectBody, ProjectQuery
from shared.catalog.store import PROJECTS
from shared.http.routing import Reply, Request, Route
from shared.time_entries.reading import newest_project_ids


async def recent(request: Request) -> Reply:
    project_ids = await newest_project_ids(request.caller)
    return Reply(await list_recent(request.caller.tenant_id, project_ids))


ROUTES = (
    Route(
        "GET",
        "recent",
        recent,
        "List the projects that the caller worked on last",
        "list-recent-projects",
        "Those of the caller's 20 newest entries that are active and of active customers; newest first.",
        answer=Project(many=True),
    ),
    *catalog_routes("projects", PROJECTS, ProjectBody(), ProjectQuery(), Project, list_projects, show_project),
)
