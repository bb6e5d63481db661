"""`/api/activities`: what kind of work is done."""

from shared.catalog.answers import Activity
from shared.catalog.routes import catalog_routes, list_by_status, show_with_status
from shared.catalog.schemas import ActivityBody, StatusQuery
from shared.catalog.store import ACTIVITIES

ROUTES = catalog_routes(
    "activities", ACTIVITIES, ActivityBody(), StatusQuery(), Activity, list_by_status(ACTIVITIES), show_with_status
)
