"""`/api/activities`: the kinds of work."""

from shared.catalog.answers import Activity
from shared.catalog.routes import CatalogApi, catalog_routes, list_by_status, show_with_status
from shared.catalog.schemas import ActivityBody, StatusQuery
from shared.catalog.store import ACTIVITIES

ROUTES = catalog_routes(
    CatalogApi(
        path="activities",
        description="The kinds of work.",
        resource=ACTIVITIES,
        body=ActivityBody(),
        query=StatusQuery(),
        answer=Activity,
        list_items=list_by_status(ACTIVITIES),
        show=show_with_status,
    )
)
