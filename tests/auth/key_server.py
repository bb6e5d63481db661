"""An issuer's key server on loopback, and tokens signed with its keys. It can answer rubbish, hang, and stop."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from shared.config import JwtVerification

TENANT = str(uuid4())
ISSUER = f"https://contoso.ciamlogin.com/{TENANT}/v2.0"
AUDIENCE = str(uuid4())
A_DAY = 24 * 60 * 60


def new_key() -> RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


KEY, OTHER_KEY = new_key(), new_key()


def jwk_of(key: RSAPrivateKey, kid: str, **members: Any) -> dict[str, Any]:
    return {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig", **members}


def signed(key: Any = KEY, kid: str | None = "1", algorithm: str = "RS256", **claims: Any) -> str:
    """A token; a claim that is None is left out."""
    payload = {"iss": ISSUER, "aud": AUDIENCE, "oid": str(uuid4()), "exp": time.time() + A_DAY, **claims}
    present = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(present, key, algorithm=algorithm, headers={} if kid is None else {"kid": kid})


@dataclass
class KeyServer:
    """`keys` is what it publishes; `body`, if set, is what it answers instead, with `status`."""

    keys: list[dict[str, Any]] = field(default_factory=lambda: [jwk_of(KEY, "1")])
    body: bytes | None = None
    status: int = 200
    requests: int = 0
    _asked: asyncio.Condition = field(default_factory=asyncio.Condition)
    # While it is clear, requests are taken and not answered.
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    resets: bool = False
    location: str | None = None
    _runner: web.ServerRunner | None = None
    _port: int = 0

    @property
    def url(self) -> str:
        return f"http://localhost:{self._port}/keys"

    @property
    def verification(self) -> JwtVerification:
        return JwtVerification(self.url, AUDIENCE, ISSUER)

    @property
    def settings(self) -> dict[str, str]:
        return {
            "JWT_VERIFICATION": "jwks",
            "JWT_JWKS_URL": self.url,
            "JWT_AUDIENCE": AUDIENCE,
            "JWT_ISSUER": ISSUER,
        }

    async def start(self) -> None:
        """Take the same port as before."""
        self.answers.set()
        self._runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Refuse connections until `start`."""
        self.answers.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def asked(self, times: int) -> None:
        """Wait until it has been asked that often."""
        async with asyncio.timeout(8), self._asked:
            await self._asked.wait_for(lambda: self.requests >= times)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests += 1
        async with self._asked:
            self._asked.notify_all()
        await self.answers.wait()
        if self.location:
            return web.Response(status=302, headers={"Location": self.location})
        body = json.dumps({"keys": self.keys}).encode() if self.body is None else self.body
        if self.resets and request.transport:
            response = web.StreamResponse(headers={"Content-Length": str(len(body))})
            await response.prepare(request)
            await response.write(body[:20])
            request.transport.abort()
            return response
        return web.Response(body=body, status=self.status)


@asynccontextmanager
async def key_server() -> AsyncIterator[KeyServer]:
    server = KeyServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
