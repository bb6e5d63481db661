"""`/api/events`: the audit trail."""

from shared.events import reading
from shared.events.schemas import EventPage, EventQuery
from shared.http.json_body import Streamed
from shared.http.routing import Reply, Request, Route


async def list_events(request: Request) -> Reply:
    events, continuation = await reading.page(request.caller, request.query)
    return Reply({"data": Streamed(map(reading.shown, events)), "continuation": continuation})


ROUTES = (
    Route(
        "GET",
        "",
        list_events,
        "List the events of the audit trail",
        "list-events",
        "Newest first. For administrators; everyone else asks for an item of his own.",
        query=EventQuery(),
        answer=EventPage(),
        refusals={
            403: "Only an administrator may see the events of others.",
            404: "There is no such item of the caller's.",
        },
    ),
)
