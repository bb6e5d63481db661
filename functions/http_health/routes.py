"""`/api/health`: whether this service can do its work, and what is unreachable if it can't. Needs no token."""

from shared.health import Health, report
from shared.http.routing import Reply, Request, Route


async def health(_request: Request) -> Reply:
    checks = await report()
    return Reply(checks, 200 if checks["status"] == "healthy" else 503)


ROUTES = (
    Route(
        "GET",
        "",
        health,
        "Tell whether the service works",
        "get-health",
        "Needs no token.",
        answer=Health(),
        otherwise={503: "It does not; `checks` says what is unreachable."},
        public=True,
    ),
)
