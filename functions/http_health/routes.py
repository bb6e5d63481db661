"""`/api/health`: whether the service can do its work. Needs no token."""

from shared.health import UNHEALTHY, Health, report
from shared.http.routing import Reply, Request, Route, Routes

ROUTES = Routes("Whether the service works.")


@Route(
    ROUTES,
    "GET",
    "",
    operation_id="get-health",
    answer=Health(),
    otherwise={503: "The service is unhealthy; `checks` says what is wrong."},
    examples={503: UNHEALTHY},
    public=True,
)
async def health(_request: Request) -> Reply:
    """Check the service's health.

    Needs no token.
    """
    checks = await report()
    return Reply(checks, 200 if checks["status"] == "healthy" else 503)
