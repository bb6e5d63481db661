"""`/api/customers`: the customers that work is done for."""

from shared.catalog.answers import Customer
from shared.catalog.resources import CUSTOMERS
from shared.catalog.routes import CatalogApi, catalog_routes
from shared.catalog.schemas import CustomerBody, StatusQuery

ROUTES = catalog_routes(
    CatalogApi(
        path="customers",
        description="The customers that work is done for.",
        resource=CUSTOMERS,
        body=CustomerBody(),
        query=StatusQuery(),
        answer=Customer,
    )
)
