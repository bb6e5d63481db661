"""`/api/activities`: what kind of work is done."""

import azure.functions as func

from shared.catalog.answers import Activity
from shared.catalog.routes import catalog_routes, list_by_status, show_with_status
from shared.catalog.schemas import ActivityBody, StatusQuery
from shared.catalog.store import ACTIVITIES
from shared.http import respond

ROUTES = catalog_routes(
    "activities", ACTIVITIES, ActivityBody(), StatusQuery(), Activity, list_by_status(ACTIVITIES), show_with_status
)

bp = func.Blueprint()


@bp.function_name("http_activities")
@bp.route(route="activities/{*path}")
async def http_activities(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(**await respond(ROUTES, req))
