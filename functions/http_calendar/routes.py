"""`/api/calendar`: the caller's time entries, for calendar apps to subscribe to."""

from shared.auth.caller import Caller
from shared.calendar import addresses
from shared.calendar.answers import CalendarAddress
from shared.config import LOOPBACK, settings
from shared.http.etags import names
from shared.http.routing import NO_CONTENT, Reply, Request, Route, Routes

ROUTES = Routes("The caller's time entries as a calendar.")

SUFFIX = ".ics"
MEDIA_TYPE = "text/calendar"
# The gateway asks for this file, and sends the secret in a header: the path of a request is kept in logs.
IN_HEADER = "in-header"
SECRET_HEADER = "x-calendar-secret"  # noqa: S105 - a name


@Route(ROUTES, "POST", "", operation_id="create-calendar-address", answer=CalendarAddress(), status=201)
async def create(request: Request) -> Reply:
    """Get an address for the caller's calendar.

    Calendar apps subscribe to it without a token: whoever has the address can read the calendar. A new call makes a new
    address, and the one before is dead.
    """
    secret = await addresses.make(request.caller, request.now)
    url = f"{_base(request)}/calendar/{secret}{SUFFIX}"
    return Reply({"url": url}, headers={"Location": url})


@Route(ROUTES, "DELETE", "", operation_id="delete-calendar-address", status=204)
async def delete(request: Request) -> Reply:
    """End the caller's calendar.

    Its address is dead at once.
    """
    await addresses.end(request.caller, request.now)
    return NO_CONTENT


@Route(
    ROUTES,
    "GET",
    "{file}",
    operation_id="get-calendar",
    media_types=(MEDIA_TYPE,),
    otherwise={304: "The calendar still has the `ETag` of `If-None-Match`."},
    refusals={404: "The address is dead."},
    public=True,
)
async def get(request: Request) -> Reply:
    """Read a calendar.

    The stopped time entries of the last 90 days, as iCalendar (RFC 5545). Needs no token: the address is secret. What a
    calendar app sends as `If-None-Match` saves it the same calendar once more.
    """
    # Imported late: it is a third of a cold start that all other calls need not wait for.
    from shared.calendar.feed import etag_of, feed  # noqa: PLC0415

    name = request.path["file"].removesuffix(SUFFIX)
    if name == request.path["file"]:
        raise addresses.DEAD
    owner = await addresses.owner_of(request.headers.get(SECRET_HEADER, "") if name == IN_HEADER else name)
    content = await feed(Caller(owner.user_id, owner.tenant_id), request.now)
    headers = {"ETag": etag_of(content)}
    if names(request.headers.get("if-none-match", ""), headers["ETag"]):
        # Who keeps the calendar takes over the headers of this answer, its type as well (RFC 9111, 3.2).
        return Reply(None, 304, headers, MEDIA_TYPE)
    return Reply(content, headers=headers, mimetype=MEDIA_TYPE)


def _base(request: Request) -> str:
    """Where callers reach the API: as the settings say, or where this one has called."""
    if api_url := settings().api_url:
        return api_url
    host = request.headers.get("host", "localhost")
    scheme = "http" if host.rpartition(":")[0] in LOOPBACK else "https"
    return f"{scheme}://{host}/api"
