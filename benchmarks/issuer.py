"""An issuer of signed tokens, for measuring the way of production: its key server, and tokens signed with its key."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

KEY_ID = "benchmark"
LIFETIME_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Issuer:
    """The app settings that name it, the one tenant that it issues tokens for, and its private key."""

    settings: Mapping[str, str]
    tenant_id: str
    key: rsa.RSAPrivateKey

    def token(self, user_id: str, email: str, name: str, *, tenant_id: str, admin: bool = False) -> str:
        """A signed token; the arguments are those of `demo_tokens.token`. ValueError for another tenant."""
        if tenant_id != self.tenant_id:
            raise ValueError("the issuer has one tenant")
        claims = {
            "iss": self.settings["JWT_ISSUER"],
            "aud": self.settings["JWT_AUDIENCE"],
            "oid": user_id,
            "email": email,
            "name": name,
            "roles": ["time-tracker-admin"] if admin else [],
            "exp": int(time.time()) + LIFETIME_SECONDS,
        }
        return jwt.encode(claims, self.key, "RS256", headers={"kid": KEY_ID})


@asynccontextmanager
async def issuer() -> AsyncIterator[Issuer]:
    """An issuer whose key server answers on loopback."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.json_response({"keys": [{**jwk, "kid": KEY_ID, "use": "sig"}]})

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        tenant_id = str(uuid4())
        settings = {
            "JWT_VERIFICATION": "jwks",
            "JWT_JWKS_URL": f"http://localhost:{runner.addresses[0][1]}/keys",
            "JWT_AUDIENCE": str(uuid4()),
            "JWT_ISSUER": f"https://benchmark.ciamlogin.com/{tenant_id}/v2.0",
        }
        yield Issuer(settings, tenant_id, key)
    finally:
        await runner.cleanup()
