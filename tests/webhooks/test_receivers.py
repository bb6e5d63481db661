"""The receiver in Python that the documentation shows, run as it stands."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from typing import Any

import aiohttp
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from shared.webhooks.signing import new_secret, signed_headers
from tests.docs.snippets import snippets
from tests.webhooks.receiving import hooked, send, send_all
from tests.world import World

BODY = b'{"type":"ping","timestamp":"2026-01-05T15:30:00.0000000Z","data":{}}'


@asynccontextmanager
async def documented(secret: str, taken: list[tuple[str, str, Any]]) -> AsyncIterator[str]:
    """The receiver of the page, and where it listens."""
    (code,) = snippets("docs/integrating.md", "Webhooks: be told", "python")
    names: dict[str, Any] = {"SECRET": secret, "take": lambda *told: taken.append(told)}
    exec(code, names)  # noqa: S102 - our own page's
    names["Receiver"].log_message = lambda *_: None
    server = ThreadingHTTPServer(("127.0.0.1", 0), names["Receiver"])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def test_the_receiver_of_the_page_takes_what_is_sent(world: World) -> None:
    taken: list[tuple[str, str, Any]] = []
    secret = new_secret()
    async with documented(secret, taken) as url:
        webhook = await hooked(world, url, "time_entry.*")
        async with documented(webhook["secret"], taken) as its_own:
            (await world.admin.put(f"webhooks/{webhook['id']}", {"url": its_own})).ok()
            (await world.admin.post(f"webhooks/{webhook['id']}/ping")).ok()
            entry = await world.entry("10:00", "11:00", description="Größe 🦉")
            await send_all(world.app)
            # Its secret was changed a moment ago: both sign.
            (await world.admin.post(f"webhooks/{webhook['id']}/rotate", {})).ok()
            (await world.admin.post(f"webhooks/{webhook['id']}/ping")).ok()
            await send()

    by_type = {event_type: (event_id, data) for event_id, event_type, data in taken}
    event_id, event = by_type["time_entry.created"]
    assert len(taken) == 3
    assert event["id"] == event_id
    assert event["item_id"] == entry["id"]
    assert event["changes"]["description"] == [None, "Größe 🦉"]
    assert by_type["ping"][1] == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "another"},
        {"webhook-timestamp": "1"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "nonsense"},
        {"webhook-signature": "v1,####"},
        {"webhook-signature": ""},
    ],
)
async def test_the_receiver_of_the_page_refuses_what_was_not_signed(
    http: aiohttp.ClientSession, changed: dict[str, str]
) -> None:
    secret, taken = new_secret(), list[Any]()
    headers = signed_headers("id", int(datetime.now(UTC).timestamp()), BODY, [secret]) | changed
    async with documented(secret, taken) as url, http.post(url, data=BODY, headers=headers) as answer:
        assert answer.status == 400
    assert taken == []


def test_a_signature_that_is_five_minutes_old_is_refused() -> None:
    """Hence each try is signed anew."""
    secret = new_secret()
    old = int((datetime.now(UTC) - timedelta(seconds=302)).timestamp())

    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret).verify(BODY, signed_headers("id", old, BODY, [secret]))
