"""`/api/customers`: whom the work is done for."""

import azure.functions as func

from shared.catalog.answers import Customer
from shared.catalog.routes import catalog_routes, list_by_status, show_with_status
from shared.catalog.schemas import CustomerBody, StatusQuery
from shared.catalog.store import CUSTOMERS
from shared.http import respond

ROUTES = catalog_routes(
    "customers", CUSTOMERS, CustomerBody(), StatusQuery(), Customer, list_by_status(CUSTOMERS), show_with_status
)

bp = func.Blueprint()


@bp.function_name("http_customers")
@bp.route(route="customers/{*path}")
async def http_customers(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(**await respond(ROUTES, req))
