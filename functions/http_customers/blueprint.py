"""The trigger of `/api/customers`; its routes are imported when they are first asked for."""

import azure.functions as func

bp = func.Blueprint()


@bp.function_name("http_customers")
@bp.route(route="customers/{*path}")
async def http_customers(req: func.HttpRequest) -> func.HttpResponse:
    from functions.http_customers.routes import ROUTES
    from shared.http.dispatch import respond

    return func.HttpResponse(**await respond(ROUTES, req))
