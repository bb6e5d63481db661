"""`/api/technologies`: what work is done with."""

from shared.catalog.answers import Technology
from shared.catalog.resources import TECHNOLOGIES
from shared.catalog.routes import CatalogApi, catalog_routes
from shared.catalog.schemas import TechnologyBody
from shared.http.fields import Query

ROUTES = catalog_routes(
    CatalogApi(
        path="technologies",
        description="What work is done with.",
        resource=TECHNOLOGIES,
        body=TechnologyBody(),
        query=Query(),
        answer=Technology,
    )
)
