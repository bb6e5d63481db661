"""The OpenAPI document of this app: every resource that has routes, in the order in which they are shown."""

import json
from functools import cache
from typing import Any

from functions.http_activities.routes import ROUTES as ACTIVITIES
from functions.http_customers.routes import ROUTES as CUSTOMERS
from functions.http_docs.routes import DOCS_ROUTES, OPENAPI_ROUTES, SWAGGER_ROUTES
from functions.http_events.routes import ROUTES as EVENTS
from functions.http_feature_toggles.routes import ROUTES as FEATURE_TOGGLES
from functions.http_health.routes import ROUTES as HEALTH
from functions.http_project_types.routes import ROUTES as PROJECT_TYPES
from functions.http_projects.routes import ROUTES as PROJECTS
from functions.http_technologies.routes import ROUTES as TECHNOLOGIES
from functions.http_time_entries.routes import ROUTES as TIME_ENTRIES
from functions.http_users.routes import ROUTES as USERS
from shared.http.openapi.document import document_of
from shared.http.openapi.resources import Resource

RESOURCES = (
    Resource("time-entries", "Clocking in and out, and what was worked.", TIME_ENTRIES),
    Resource("projects", "What the work is for.", PROJECTS),
    Resource("project-types", "What kinds of project there are: a tree.", PROJECT_TYPES),
    Resource("customers", "Whom the work is done for.", CUSTOMERS),
    Resource("activities", "What kinds of work there are.", ACTIVITIES),
    Resource("technologies", "What the work is done with.", TECHNOLOGIES),
    Resource("users", "The people, and who of them is an administrator or a tester.", USERS),
    Resource("events", "The audit trail: who did what.", EVENTS),
    Resource("feature-toggles", "What is switched on for the caller.", FEATURE_TOGGLES),
    Resource("health", "Whether the service works.", HEALTH),
    Resource("docs", "This documentation.", DOCS_ROUTES),
    Resource("openapi.json", "", OPENAPI_ROUTES, tag="docs"),
    Resource("swagger.json", "", SWAGGER_ROUTES, tag="docs"),
)


def document() -> dict[str, Any]:
    """The document."""
    return document_of(RESOURCES)


@cache
def document_json() -> bytes:
    """The document as it is served, made once in a process."""
    return json.dumps(document(), ensure_ascii=False, separators=(",", ":")).encode()
