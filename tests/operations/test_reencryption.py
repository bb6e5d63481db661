"""After a change of the key, every webhook's secret is encrypted with the new one, and still the same."""

import base64

import aiohttp

from embedded_cosmos.testing import CosmosAccount
from operations.reencryption import reencrypt
from shared.config import settings
from tests.application import SECRETS_KEY, Application, application
from tests.command_line import run
from tests.test_secrets_key import environment
from tests.webhooks.receiving import hooked, receiver, send
from tests.world import make_world

NEW, OTHER = (base64.b64encode(bytes([n]) * 32).decode() for n in (7, 8))


async def found(current: str, previous: str) -> list[bool]:
    with environment({"SECRETS_KEY": current, "SECRETS_KEY_PREVIOUS": previous}):
        return [one.is_readable async for one in reencrypt()]


async def test_secrets_outlive_a_change_of_the_key(
    cosmos_account: CosmosAccount, app: Application, http: aiohttp.ClientSession
) -> None:
    del app
    async with application(cosmos_account, WEBHOOKS_TO_LOOPBACK="1") as served, receiver() as received:
        world = await make_world(http, served)
        webhook = await hooked(world, received.url)
        (await world.admin.post(f"webhooks/{webhook['id']}/ping")).ok()
        rotated = [(await world.admin.post(f"webhooks/{webhook['id']}/rotate", {})).ok() for _ in range(2)]
        # Without the previous key, nothing can be done.
        assert await found(NEW, "") == [False]
        assert await found(NEW, SECRETS_KEY) == [True]
        assert await found(NEW, SECRETS_KEY) == []
        with environment({"SECRETS_KEY": NEW}):
            await send()
        assert settings().secrets.keys

    (one,) = received.received
    assert all(
        one.is_signed_with(made["secret"], place) for place, made in enumerate((rotated[1], rotated[0], webhook))
    )


def test_the_command_says_what_it_does() -> None:
    assert "SECRETS_KEY" in run("reencrypt-secrets", "--help").output
