"""Whether the service can do its work: its settings are complete, and the database answers."""

from typing import Any

from azure.core.exceptions import AzureError
from marshmallow import fields

from shared.auth.caller import signing_keys_problem
from shared.clients import container
from shared.config import settings
from shared.cosmos.containers import MIGRATION
from shared.errors import ApiError
from shared.http.fields import Answer, Choice, Text, about
from shared.instants import ZONE_DATA


class Health(Answer):
    """The health of the service, and of what it depends on."""

    status = Choice(
        "HealthStatus", ("healthy", "unhealthy"), metadata=about("`healthy` if every check is `ok`.", "healthy")
    )
    timezone_data = Text(metadata=about("The release of the IANA time zone data in use.", "2026f"))
    checks = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata=about("The result of each check: `ok`, or what is wrong.", {"settings": "ok", "database": "ok"}),
    )


# What an answer looks like while the database is away.
UNHEALTHY = {
    "status": "unhealthy",
    "timezone_data": "2026f",
    "checks": {"settings": "ok", "database": "unreachable (ServiceRequestTimeoutError)", "signing_keys": "ok"},
}


async def report() -> dict[str, Any]:
    """`{"status": "healthy" | "unhealthy", "timezone_data": "2026f", "checks": {name: "ok" | what is wrong}}`."""
    checks = {"settings": _settings()}
    if checks["settings"] == "ok":
        checks["database"] = await _database()
        checks["signing_keys"] = await signing_keys_problem() or "ok"
    healthy = all(state == "ok" for state in checks.values())
    return {"status": "healthy" if healthy else "unhealthy", "timezone_data": ZONE_DATA, "checks": checks}


def _settings() -> str:
    try:
        settings()
    except ApiError as error:
        return error.message
    return "ok"


async def _database() -> str:
    try:
        await container(MIGRATION).read()
    except AzureError as error:
        return f"unreachable ({type(error).__name__})"
    return "ok"
