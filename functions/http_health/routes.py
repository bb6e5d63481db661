"""`/api/health`: whether the service can do its work. Needs no token."""

import math

from shared.health import CACHED_SECONDS, UNHEALTHY, Health, report
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
    if checks["status"] == "healthy":
        return Reply(checks)
    return Reply(checks, 503, {"Retry-After": str(math.ceil(CACHED_SECONDS))})
