"""`/api/project-types`: the types of project, which form a tree."""

from shared.catalog.answers import ProjectType
from shared.catalog.project_types import PROJECT_TYPES
from shared.catalog.routes import CatalogApi, catalog_routes
from shared.catalog.schemas import ProjectTypeBody, ProjectTypeQuery

ROUTES = catalog_routes(
    CatalogApi(
        path="project-types",
        description="The types of project, which form a tree.",
        resource=PROJECT_TYPES,
        body=ProjectTypeBody(),
        query=ProjectTypeQuery(),
        answer=ProjectType,
        delete_refusals={409: "Other project types lie below it."},
    )
)
