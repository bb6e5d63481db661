"""`/api/projects`: the projects that work is done for."""

from shared.catalog.answers import Project
from shared.catalog.projects import list_projects, list_recent, show_project
from shared.catalog.resources import PROJECTS
from shared.catalog.routes import CatalogApi, catalog_routes
from shared.catalog.schemas import ProjectBody, ProjectQuery
from shared.http.routing import Reply, Request, Route
from shared.time_entries.reading import newest_project_ids

ROUTES = catalog_routes(
    CatalogApi(
        path="projects",
        description="The projects that work is done for.",
        resource=PROJECTS,
        body=ProjectBody(),
        query=ProjectQuery(),
        answer=Project,
        list_items=list_projects,
        show=show_project,
    )
)


@Route(ROUTES, "GET", "recent", operation_id="list-recent-projects", answer=Project(many=True))
async def recent(request: Request) -> Reply:
    """List the projects that the caller worked on last.

    Active projects of active customers, from the caller's 20 newest time entries. Newest first.
    """
    project_ids = await newest_project_ids(request.caller)
    return Reply(await list_recent(request.caller.tenant_id, project_ids))
