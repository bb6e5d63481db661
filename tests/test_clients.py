"""Tokens of the managed identity: a slow identity endpoint is waited for across requests. Tracing by the SDK."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.core.settings import settings as sdk_settings
from azure.identity.aio import ManagedIdentityCredential

from embedded_cosmos.testing import CosmosAccount
from shared.clients import UncancelledCredential
from tests.application import application

SCOPE = "https://cosmos.example/.default"


@dataclass
class IdentityEndpoint:
    """The endpoint that App Service gives an app: it answers when `answers` is set."""

    answers: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 200

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.asked += 1
        self.arrived.set()
        await self.answers.wait()
        if self.status != 200:
            return web.json_response({"statusCode": self.status, "message": "No."}, status=self.status)
        resource = request.query["resource"]
        token = {"access_token": "secret", "expires_on": "4000000000", "resource": resource, "token_type": "Bearer"}
        return web.json_response(token)


@pytest.fixture
async def endpoint(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[IdentityEndpoint]:
    endpoint = IdentityEndpoint()
    runner = web.ServerRunner(web.Server(endpoint.answer), shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{runner.addresses[0][1]}/token")
    monkeypatch.setenv("IDENTITY_HEADER", "x")
    yield endpoint
    endpoint.answers.set()
    await runner.cleanup()


@pytest.fixture
async def credential(endpoint: IdentityEndpoint) -> AsyncIterator[UncancelledCredential]:
    del endpoint
    async with UncancelledCredential(ManagedIdentityCredential(retry_total=0)) as credential:
        yield credential


async def test_a_token_that_comes_after_the_deadline_is_there_for_the_next_request(
    endpoint: IdentityEndpoint, credential: UncancelledCredential
) -> None:
    request = asyncio.create_task(credential.get_token(SCOPE))
    await endpoint.arrived.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    following = asyncio.create_task(credential.get_token(SCOPE))
    endpoint.answers.set()

    assert (await following).token == "secret"
    assert (await credential.get_token(SCOPE)).token == "secret"
    assert endpoint.asked == 1


async def test_requests_at_once_share_one_token(endpoint: IdentityEndpoint, credential: UncancelledCredential) -> None:
    endpoint.answers.set()

    tokens: list[AccessToken] = await asyncio.gather(*(credential.get_token(SCOPE) for _ in range(20)))

    assert {token.token for token in tokens} == {"secret"}
    assert endpoint.asked == 1


async def test_a_refusal_reaches_whoever_waits_and_is_not_kept(
    endpoint: IdentityEndpoint, credential: UncancelledCredential
) -> None:
    endpoint.answers.set()
    endpoint.status = 400
    with pytest.raises(ClientAuthenticationError):
        await credential.get_token(SCOPE)

    endpoint.status = 200
    assert (await credential.get_token(SCOPE)).token == "secret"


@pytest.mark.parametrize("said", ["true", "false"])
async def test_what_the_environment_says_of_tracing_when_the_database_is_opened_holds(
    cosmos_account: CosmosAccount, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    sdk_settings.tracing_enabled.unset_value()
    async with application(cosmos_account, AZURE_TRACING_ENABLED=said):
        with monkeypatch.context() as later:
            later.delenv("AZURE_TRACING_ENABLED")

            assert sdk_settings.tracing_enabled() is (said == "true")
    sdk_settings.tracing_enabled.unset_value()
