"""`JWT_VERIFICATION=jwks`: the backend checks signature, audience, issuer and lifetime by published keys."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aiohttp
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from embedded_cosmos.testing import CosmosAccount
from tests.application import Application, application
from tests.calling import Answer, send

TENANT = str(uuid4())
ISSUER = f"https://contoso.ciamlogin.com/{TENANT}/v2.0"
AUDIENCE = str(uuid4())
# Tokens of parameters are made when the tests are collected, some minutes before they are sent.
A_DAY = 24 * 60 * 60
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
async def jwks() -> AsyncIterator[str]:
    """Where the issuer publishes its key, on loopback."""
    published = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "1", "use": "sig"}

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.json_response({"keys": [published]})

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/keys"
    await runner.cleanup()


@pytest.fixture(scope="module")
async def checking(cosmos_account: CosmosAccount, app: Application, jwks: str) -> AsyncIterator[Application]:
    del app
    settings = {"JWT_JWKS_URL": jwks, "JWT_AUDIENCE": AUDIENCE, "JWT_ISSUER": ISSUER}
    async with application(cosmos_account, JWT_VERIFICATION="jwks", **settings) as served:
        yield served


def token(key: Any = KEY, algorithm: str = "RS256", kid: str = "1", **claims: Any) -> str:
    payload = {"iss": ISSUER, "aud": AUDIENCE, "oid": str(uuid4()), "exp": time.time() + A_DAY, **claims}
    present = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(present, key, algorithm=algorithm, headers={"kid": kid})


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
    cosmos_account: CosmosAccount, app: Application, checking: Application, http: aiohttp.ClientSession, jwks: str
) -> None:
    """One process may be told to check after it was told not to: what it let in before counts no longer."""
    del app, checking
    forged = token(key=OTHER_KEY)
    async with application(cosmos_account) as trusting:
        (await call(trusting, http, forged)).ok()
    settings = {"JWT_JWKS_URL": jwks, "JWT_AUDIENCE": AUDIENCE, "JWT_ISSUER": ISSUER}
    async with application(cosmos_account, JWT_VERIFICATION="jwks", **settings) as served:
        (await call(served, http, forged)).refused(401)


async def test_the_clocks_may_differ_by_a_minute(checking: Application, http: aiohttp.ClientSession) -> None:
    assert (await call(checking, http, token(exp=time.time() - 30, nbf=time.time() + 30))).ok() == []


async def test_without_the_issuers_keys_it_is_503(
    cosmos_account: CosmosAccount, app: Application, http: aiohttp.ClientSession, unused_tcp_port: int
) -> None:
    del app
    settings = {"JWT_AUDIENCE": AUDIENCE, "JWT_ISSUER": ISSUER}
    url = f"http://127.0.0.1:{unused_tcp_port}/keys"
    async with application(cosmos_account, JWT_VERIFICATION="jwks", JWT_JWKS_URL=url, **settings) as served:
        (await call(served, http, token())).refused(503, "jwks_unavailable")
