"""Tokens for a laptop: unsigned, good wherever API Management is trusted to have checked the signature."""

from datetime import UTC, datetime, timedelta

import jwt

from shared.auth.caller import ADMIN, TESTER

# The tenant that the demo data belongs to.
DEMO_TENANT = "5f1d6a3e-7c0b-4d29-9b57-2f4f1f0c9a11"
ISSUER = "https://local.ciamlogin.com/{tenant}/v2.0"


def token(  # noqa: PLR0913 - one for each claim
    user_id: str, email: str, name: str, *, tenant_id: str = DEMO_TENANT, admin: bool = False, tester: bool = False
) -> str:
    """A token that is valid for 30 days."""
    now = datetime.now(UTC)
    roles = [role for role, granted in ((ADMIN, admin), (TESTER, tester)) if granted]
    claims = {
        "iss": ISSUER.format(tenant=tenant_id),
        "oid": user_id,
        "emails": [email],
        "name": name,
        "roles": roles,
        "iat": now,
        "exp": now + timedelta(days=30),
    }
    return jwt.encode(claims, "", algorithm="none")
