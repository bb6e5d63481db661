"""The HTTP functions: which there are, and the one way in which a resource becomes a function.

The host sends a function every path and method below its resource; `shared.http.dispatch` finds the operation. So a
wrong method is answered 405, where the host itself would say 404.
"""

from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING

import azure.functions as func

from shared.collector import imported_to_stay

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from shared.http.dispatch import HttpAnswer
    from shared.http.routing import Routes


@dataclass(frozen=True, slots=True)
class HttpFunction:
    """A function that answers HTTP requests, and the path below `/api` that it answers.

    Its operations are the `ROUTES` of `functions/<name>/routes.py`. A `public` one needs no function key.
    """

    name: str
    path: str
    public: bool = False

    @property
    def routes(self) -> "Routes":
        """The operations. They are imported when they are first asked for, so that a cold start imports no others."""
        found: Routes = import_module(f"functions.{self.name}.routes").ROUTES
        return found


# In the order in which the OpenAPI document shows them.
HTTP_FUNCTIONS = (
    HttpFunction("http_time_entries", "time-entries"),
    HttpFunction("http_projects", "projects"),
    HttpFunction("http_project_types", "project-types"),
    HttpFunction("http_customers", "customers"),
    HttpFunction("http_activities", "activities"),
    HttpFunction("http_technologies", "technologies"),
    HttpFunction("http_rates", "rates"),
    HttpFunction("http_reports", "reports"),
    HttpFunction("http_timesheets", "timesheets"),
    HttpFunction("http_changes", "changes"),
    # Public because of the calendars that it serves. All else that it does needs a token.
    HttpFunction("http_calendar", "calendar", public=True),
    HttpFunction("http_webhooks", "webhooks"),
    HttpFunction("http_imports", "imports"),
    HttpFunction("http_users", "users"),
    HttpFunction("http_events", "events"),
    HttpFunction("http_feature_toggles", "feature-toggles"),
    HttpFunction("http_health", "health", public=True),
    HttpFunction("http_docs", "docs", public=True),
    HttpFunction("http_openapi", "openapi.json", public=True),
    HttpFunction("http_swagger", "swagger.json", public=True),
    # Every other path. The host tries functions in alphabetical order of their names: this one comes last.
    HttpFunction("not_found", ""),
)


@cache
def _answering(function: HttpFunction) -> "Callable[[func.HttpRequest], Awaitable[HttpAnswer]]":
    """What answers the function's requests. The first one imports it: a cold start indexes the functions without."""
    with imported_to_stay():
        from shared.http import dispatch  # noqa: PLC0415

        return partial(dispatch.respond, function.routes)


def serve(app: func.FunctionApp, function: HttpFunction) -> None:
    """Add a function to the app."""

    async def respond(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(**await _answering(function)(req))

    level = func.AuthLevel.ANONYMOUS if function.public else func.AuthLevel.FUNCTION
    triggered = app.route(route=f"{function.path}/{{*path}}".lstrip("/"), auth_level=level)(respond)
    app.function_name(function.name)(triggered)
