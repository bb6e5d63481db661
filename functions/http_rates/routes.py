"""`/api/rates`: the hourly rates, and the day from which each applies. For administrators only."""

from collections.abc import Mapping

from shared.cosmos.items import Document
from shared.http.etags import etag_of
from shared.http.routing import IF_MATCH, NO_CONTENT, Reply, Request, Route, Routes, path_of
from shared.rates import store
from shared.rates.answers import Rate, shown
from shared.rates.schemas import RateBody, RateQuery

ROUTES = Routes("What an hour of work costs. For administrators.")

REFUSALS = {
    400: "The ids do not go together, or something that it refers to does not exist.",
    409: "There is a rate of that kind for the same ids, valid from the same day.",
}


@Route(ROUTES, "GET", "", operation_id="list-rates", query=RateQuery(), answer=Rate(many=True), admin_only=True)
async def list_rates(request: Request) -> Reply:
    """List rates.

    For administrators. By kind, the most specific first.
    """
    rates = await store.matching(request.caller.tenant_id, request.query)
    return Reply([shown(rate) for rate in rates])


@Route(
    ROUTES,
    "POST",
    "",
    operation_id="create-rate",
    body=RateBody(),
    answer=Rate(),
    status=201,
    refusals=REFUSALS,
    admin_only=True,
)
async def create(request: Request) -> Reply:
    """Create a rate.

    For administrators. It is valid until the next rate of the same kind and ids begins, so that a raise changes nothing
    that was worked before it. Of several valid rates, the most specific one counts: user and project, project and
    activity, project, user and customer, customer, user and activity, activity, user, none. Other combinations of ids
    are refused.
    """
    rate = await store.create(request.caller, request.now, request.body)
    return _item(rate, {"Location": path_of(f"rates/{rate['id']}")})


@Route(ROUTES, "GET", "{id}", operation_id="get-rate", answer=Rate(), admin_only=True)
async def get(request: Request) -> Reply:
    """Get a rate.

    For administrators.
    """
    return _item(await store.get(request.caller.tenant_id, request.id))


@Route(
    ROUTES,
    "PUT",
    "{id}",
    operation_id="update-rate",
    body=RateBody(),
    partial=True,
    headers=(IF_MATCH,),
    answer=Rate(),
    refusals=REFUSALS,
    admin_only=True,
)
async def update(request: Request) -> Reply:
    """Change a rate.

    For administrators. A field that is not given keeps its value. It changes reports of time that has passed; for a
    raise, create a rate that is valid from its day on.
    """
    return _item(await store.update(request.caller, request.now, request.id, request.body, request.precondition))


@Route(
    ROUTES,
    "DELETE",
    "{id}",
    operation_id="delete-rate",
    headers=(IF_MATCH,),
    status=204,
    admin_only=True,
)
async def delete(request: Request) -> Reply:
    """Delete a rate.

    For administrators. Reports no longer use it, for time that has passed either.
    """
    await store.delete(request.caller, request.now, request.id, request.precondition)
    return NO_CONTENT


def _item(rate: Document, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(shown(rate), headers={"ETag": etag_of(rate), **(headers or {})})
