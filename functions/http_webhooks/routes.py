"""`/api/webhooks`: where events are sent, what became of them, and sending them again. For administrators alone."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from shared.cosmos.items import Document
from shared.http import cursors
from shared.http.etags import etag_of
from shared.http.json_body import Streamed
from shared.http.routing import IF_MATCH, NO_CONTENT, Reply, Request, Route, Routes, path_of
from shared.secrets_key import require_key
from shared.webhooks import deliveries, replays, store
from shared.webhooks.answers import DeliveryPage, Webhook, WebhookWithSecret, shown, shown_delivery
from shared.webhooks.reading import webhooks_of
from shared.webhooks.schemas import DeliveryQuery, ReplayBody, RotationBody, WebhookBody

ROUTES = Routes("Where events are sent, as Standard Webhooks. For administrators.", ready=require_key)

ADDRESS_REFUSED = "An event is unknown, or the address is not one of https, or not public."
DISABLED = {409: "The webhook is disabled."}


@Route(ROUTES, "GET", "", operation_id="list-webhooks", answer=Webhook(many=True), admin_only=True)
async def list_webhooks(request: Request) -> Reply:
    """List webhooks.

    For administrators. The oldest first.
    """
    return Reply([shown(webhook) for webhook in await webhooks_of(request.caller.tenant_id)])


@Route(
    ROUTES,
    "POST",
    "",
    operation_id="create-webhook",
    body=WebhookBody(),
    answer=WebhookWithSecret(),
    status=201,
    refusals={400: ADDRESS_REFUSED, 409: "There are too many webhooks."},
    admin_only=True,
)
async def create(request: Request) -> Reply:
    """Create a webhook.

    For administrators. From now on each event that it asks for is sent to its address, at least once and in no
    particular order, as the Standard Webhooks specification says. The secret for the signatures is shown this once.
    """
    webhook, secret = await store.create(request.caller, request.now, request.body)
    return _item(webhook, {"secret": secret}, {"Location": path_of(f"webhooks/{webhook['id']}")})


@Route(ROUTES, "GET", "{id}", operation_id="get-webhook", answer=Webhook(), admin_only=True)
async def get(request: Request) -> Reply:
    """Get a webhook.

    For administrators.
    """
    return _item(await store.get(request.caller.tenant_id, request.id))


@Route(
    ROUTES,
    "PUT",
    "{id}",
    operation_id="update-webhook",
    body=WebhookBody(),
    partial=True,
    headers=(IF_MATCH,),
    answer=Webhook(),
    refusals={400: ADDRESS_REFUSED},
    admin_only=True,
)
async def update(request: Request) -> Reply:
    """Change a webhook.

    For administrators. A field that is not given keeps its value. When it is enabled again, deliveries that waited
    go on; events of the time between are sent by a replay.
    """
    return _item(await store.update(request.caller, request.now, request.id, request.body, request.precondition))


@Route(ROUTES, "DELETE", "{id}", operation_id="delete-webhook", headers=(IF_MATCH,), status=204, admin_only=True)
async def delete(request: Request) -> Reply:
    """Delete a webhook.

    For administrators. Nothing more is sent to it, and its secret is forgotten.
    """
    await store.delete(request.caller, request.now, request.id, request.precondition)
    return NO_CONTENT


@Route(
    ROUTES,
    "POST",
    "{id}/rotate",
    operation_id="rotate-webhook-secret",
    body=RotationBody(),
    headers=(IF_MATCH,),
    answer=WebhookWithSecret(),
    admin_only=True,
)
async def rotate(request: Request) -> Reply:
    """Give a webhook a new secret.

    For administrators. It is shown this once. For `overlap_hours` both secrets sign, the new one's signature first; so
    do the last few before them, until their own hours end.
    """
    overlap = timedelta(hours=request.body["overlap_hours"])
    webhook, secret = await store.rotate(request.caller, request.now, request.id, overlap, request.precondition)
    return _item(webhook, {"secret": secret})


@Route(
    ROUTES,
    "POST",
    "{id}/ping",
    operation_id="ping-webhook",
    headers=(IF_MATCH,),
    answer=Webhook(),
    refusals=DISABLED,
    admin_only=True,
)
async def ping(request: Request) -> Reply:
    """Send a ping.

    For administrators. It has the type `ping` and empty `data`; the deliveries show what came of it.
    """
    webhook = await _found(request)
    await store.ping(request.now, webhook)
    return _item(webhook)


@Route(
    ROUTES,
    "POST",
    "{id}/replay",
    operation_id="replay-webhook",
    body=ReplayBody(),
    headers=(IF_MATCH,),
    answer=Webhook(),
    refusals={409: "The webhook is disabled, or too many replays are running."},
    admin_only=True,
)
async def replay(request: Request) -> Reply:
    """Send everything since an instant again.

    For administrators. The events come from the audit trail, under the same `webhook-id`, each once more.
    """
    webhook = await _found(request)
    store.require_enabled(webhook)
    await replays.start(webhook, request.body["from"], request.now)
    return _item(webhook)


@Route(
    ROUTES,
    "GET",
    "{id}/deliveries",
    operation_id="list-webhook-deliveries",
    query=DeliveryQuery(),
    answer=DeliveryPage(),
    admin_only=True,
)
async def list_deliveries(request: Request) -> Reply:
    """List the deliveries of a webhook.

    For administrators. The newest first, of the last 30 days. If there are more, `Link` leads to them.
    """
    webhook = await store.get(request.caller.tenant_id, request.id)
    limit, cursor = request.query["limit"], request.query["cursor"]
    found = await deliveries.newest(webhook["id"], limit + 1, _place(cursor))
    links = {}
    if len(found) > limit:
        query = urlencode({"limit": limit, "cursor": cursors.encoded(found[limit - 1]["place"])})
        links["Link"] = f'<?{query}>; rel="next"'
    return Reply({"data": Streamed(map(shown_delivery, found[:limit]))}, headers=links)


def _place(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    place = cursors.decoded(cursor, "cursor")
    if not isinstance(place, str):
        raise cursors.malformed("cursor")
    return place


async def _found(request: Request) -> Document:
    webhook = await store.get(request.caller.tenant_id, request.id)
    request.precondition.check(webhook)
    return webhook


def _item(
    webhook: Document, secret: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> Reply:
    body: dict[str, Any] = {**shown(webhook), **(secret or {})}
    return Reply(body, headers={"ETag": etag_of(webhook), **(headers or {})})
