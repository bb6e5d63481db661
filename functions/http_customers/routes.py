"""`/api/customers`: the customers that work is done for."""

from shared.catalog.answers import Customer
from shared.catalog.routes import CatalogApi, catalog_routes, list_by_status, show_with_status
from shared.catalog.schemas import CustomerBody, StatusQuery
from shared.catalog.store import CUSTOMERS

ROUTES = catalog_routes(
    CatalogApi(
        path="customers",
        description="The customers that work is done for.",
        resource=CUSTOMERS,
        body=CustomerBody(),
        query=StatusQuery(),
        answer=Customer,
        list_items=list_by_status(CUSTOMERS),
        show=show_with_status,
    )
)
