"""`/api/events`: the audit trail."""

from shared.events import reading
from shared.events.answers import AuditEventPage, shown
from shared.events.schemas import EventQuery
from shared.http.json_body import Streamed
from shared.http.routing import Reply, Request, Route, Routes

ROUTES = Routes("The audit trail: who changed what, and when.")


@Route(
    ROUTES,
    "GET",
    "",
    operation_id="list-events",
    query=EventQuery(),
    answer=AuditEventPage(),
    refusals={
        403: "Only an administrator may list events without naming an item of their own.",
        404: "The caller has no such item.",
    },
)
async def list_events(request: Request) -> Reply:
    """List the events of the audit trail.

    Newest first. Administrators see every event of the tenant. Other users name an item of their own, and see its
    events.
    """
    events, continuation = await reading.page(request.caller, request.query)
    return Reply({"data": Streamed(map(shown, events)), "continuation": continuation})
