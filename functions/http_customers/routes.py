"""`/api/customers`: whom the work is done for."""

from shared.catalog.answers import Customer
from shared.catalog.routes import catalog_routes, list_by_status, show_with_status
from shared.catalog.schemas import CustomerBody, StatusQuery
from shared.catalog.store import CUSTOMERS

ROUTES = catalog_routes(
    "customers", CUSTOMERS, CustomerBody(), StatusQuery(), Customer, list_by_status(CUSTOMERS), show_with_status
)
