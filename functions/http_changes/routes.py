"""`/api/changes`: what has changed, for those who keep a copy."""

from shared.changes import reading
from shared.changes.answers import ChangePage
from shared.changes.cursor import Cursor
from shared.changes.feeds import State
from shared.changes.schemas import ChangesQuery
from shared.http.routing import Reply, Request, Route, Routes

ROUTES = Routes("What has changed, to keep a copy in step.")


@Route(
    ROUTES,
    "GET",
    "",
    operation_id="list-changes",
    query=ChangesQuery(),
    answer=ChangePage(),
    refusals={
        403: "The cursor belongs to another user.",
        410: "The database has been restored elsewhere since. Begin without a cursor.",
        503: "The setting that signs cursors is missing, or the database is unavailable.",
    },
)
async def list_changes(request: Request) -> Reply:
    """List what has changed.

    The caller's time entries and timesheets, and the tenant's customers, projects, project types, activities and
    technologies that have changed since the cursor, each at least once, as it is now. Nothing is left out, whatever is
    written meanwhile.

    A cursor does not expire. It belongs to its caller.
    """
    given = request.query["cursor"]
    cursor = Cursor.of(request.caller, given) if given else Cursor.first(request.caller)
    changes = []
    if request.query["start"]:
        await reading.go_to_now(request.now, cursor)
    else:
        changes = await reading.changes(request.caller, request.now, cursor, request.query["limit"])
    more = any(feed.state is not State.AT_ITS_END for feed in cursor.feeds)
    return Reply({"data": changes, "cursor": cursor.text(request.caller), "more": more})
