"""`/api/activities`: the kinds of work."""

from shared.catalog.answers import Activity
from shared.catalog.resources import ACTIVITIES
from shared.catalog.routes import CatalogApi, catalog_routes
from shared.catalog.schemas import ActivityBody, StatusQuery

ROUTES = catalog_routes(
    CatalogApi(
        path="activities",
        description="The kinds of work.",
        resource=ACTIVITIES,
        body=ActivityBody(),
        query=StatusQuery(),
        answer=Activity,
    )
)
