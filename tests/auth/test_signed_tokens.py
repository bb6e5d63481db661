"""`JWT_VERIFICATION=jwks`: the backend checks signature, audience, issuer and lifetime by published keys."""

import time
from collections.abc import AsyncIterator
from uuid import uuid4

import aiohttp
import jwt
import pytest

from embedded_cosmos.testing import CosmosAccount
from tests.application import Application, application
from tests.auth.key_server import A_DAY, AUDIENCE, ISSUER, OTHER_KEY, TENANT, KeyServer, key_server
from tests.auth.key_server import signed as token
from tests.calling import Answer, send


@pytest.fixture(scope="module")
async def publishing() -> AsyncIterator[KeyServer]:
    async with key_server() as running:
        yield running


@pytest.fixture(scope="module")
async def checking(
    cosmos_account: CosmosAccount, app: Application, publishing: KeyServer
) -> AsyncIterator[Application]:
    del app
    async with application(cosmos_account, **publishing.settings) as served:
        yield served


async def call(app: Application, http: aiohttp.ClientSession, bearer: str) -> Answer:
    return await send(http, "GET", f"{app.url}/api/time-entries", headers={"Authorization": f"Bearer {bearer}"})


async def test_a_signed_token_is_taken(checking: Application, http: aiohttp.ClientSession) -> None:
    assert (await call(checking, http, token())).ok() == []


@pytest.mark.parametrize(
    "bearer",
    [
        pytest.param(token(key="", algorithm="none"), id="unsigned"),
        pytest.param(token(key=OTHER_KEY), id="signed by another key"),
        pytest.param(token(kid="2"), id="signed by a key that is not published"),
        pytest.param(
            jwt.encode({"iss": ISSUER, "aud": AUDIENCE, "oid": str(uuid4()), "exp": time.time() + A_DAY}, "k" * 32),
            id="signed with a shared secret",
        ),
        pytest.param(token(aud=str(uuid4())), id="for another audience"),
        pytest.param(token(aud=None), id="for nobody"),
        pytest.param(token(iss=f"https://evil.ciamlogin.com/{TENANT}/v2.0"), id="by another issuer"),
        pytest.param(token(exp=time.time() - A_DAY), id="expired"),
        pytest.param(token(exp=None), id="for ever"),
        pytest.param(token(nbf=time.time() + A_DAY), id="not yet valid"),
        pytest.param(token()[:-8] + "AAAAAAAA", id="with a broken signature"),
        pytest.param("x.y.z", id="no token at all"),
    ],
)
async def test_any_other_token_is_401(checking: Application, http: aiohttp.ClientSession, bearer: str) -> None:
    (await call(checking, http, bearer)).refused(401)


async def test_what_the_gateway_vouched_for_is_checked_here_all_the_same(
    cosmos_account: CosmosAccount,
    app: Application,
    checking: Application,
    http: aiohttp.ClientSession,
    publishing: KeyServer,
) -> None:
    """One process may be told to check after it was told not to: what it let in before no longer counts."""
    del app, checking
    forged = token(key=OTHER_KEY)
    async with application(cosmos_account) as trusting:
        (await call(trusting, http, forged)).ok()
    async with application(cosmos_account, **publishing.settings) as served:
        (await call(served, http, forged)).refused(401)


async def test_the_clocks_may_differ_by_a_minute(checking: Application, http: aiohttp.ClientSession) -> None:
    assert (await call(checking, http, token(exp=time.time() - 30, nbf=time.time() + 30))).ok() == []


async def test_without_the_issuers_keys_it_is_503_and_health_says_why(
    cosmos_account: CosmosAccount, app: Application, http: aiohttp.ClientSession, issuer: KeyServer
) -> None:
    del app
    issuer.body = b"<html>"
    async with application(cosmos_account, **issuer.settings) as served:
        (await call(served, http, token())).refused(503, "jwks_unavailable")
        async with http.get(f"{served.url}/api/health") as answer:
            checks = (await answer.json())["checks"]
            assert (answer.status, checks["settings"], checks["database"]) == (503, "ok", "ok")
            assert "not JSON" in checks["signing_keys"]

        # A token that is bad by itself is bad whatever the key server does.
        (await call(served, http, token(exp=1))).refused(401, "token_expired")


async def test_health_is_well_when_the_keys_are_there(checking: Application, http: aiohttp.ClientSession) -> None:
    health = (await send(http, "GET", f"{checking.url}/api/health")).ok()

    assert health["checks"]["signing_keys"] == "ok"
