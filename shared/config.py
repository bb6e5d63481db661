"""The settings: one frozen dataclass, read once from the environment, the only place that reads it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from shared.errors import unavailable


class ConfigError(Exception):
    """A setting is missing or malformed; the message names it."""


@dataclass(frozen=True, slots=True)
class JwtVerification:
    """Who checks a token's signature: API Management (`jwks_url` is None), or this backend as well."""

    jwks_url: str | None = None
    audience: str | None = None
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class FeatureFlagSettings:
    """Where the feature flags are: in Azure App Configuration, reached by key or by identity, else in a file."""

    connection_string: str | None
    endpoint: str | None
    label: str | None
    file: str | None
    cache_seconds: float

    @property
    def has_store(self) -> bool:
        return bool(self.connection_string or self.endpoint)


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of the backend. `docs/settings.md` says what each is for."""

    cosmos_endpoint: str
    cosmos_key: str | None
    cosmos_database: str
    catalog_cache_seconds: float
    feature_flags: FeatureFlagSettings
    jwt: JwtVerification

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings; raises ConfigError that names what is missing or malformed."""
        return cls(
            cosmos_endpoint=_required(environment, "COSMOS_ENDPOINT"),
            cosmos_key=environment.get("COSMOS_KEY") or None,
            cosmos_database=environment.get("COSMOS_DATABASE") or "time-tracker",
            catalog_cache_seconds=_seconds(environment, "CATALOG_CACHE_SECONDS", 15),
            feature_flags=_feature_flags(environment),
            jwt=_jwt(environment),
        )


def _required(environment: Mapping[str, str], name: str) -> str:
    if value := environment.get(name, "").strip():
        return value
    raise ConfigError(f"the setting {name} is missing")


def _seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        raise ConfigError(f"the setting {name} must be a number of seconds, 0 or more")
    return value


def _feature_flags(environment: Mapping[str, str]) -> FeatureFlagSettings:
    return FeatureFlagSettings(
        connection_string=environment.get("AZURE_APP_CONFIGURATION_CONNECTION_STRING") or None,
        endpoint=environment.get("AZURE_APP_CONFIGURATION_ENDPOINT") or None,
        label=environment.get("AZURE_APP_CONFIGURATION_LABEL") or None,
        file=environment.get("FEATURE_FLAGS_FILE") or None,
        cache_seconds=_seconds(environment, "FEATURE_FLAGS_CACHE_SECONDS", 30),
    )


def _jwt(environment: Mapping[str, str]) -> JwtVerification:
    """Fails closed: only the two known words are taken, and `jwks` only when it is complete."""
    who = _required(environment, "JWT_VERIFICATION")
    if who == "gateway":
        return JwtVerification()
    if who == "jwks":
        return JwtVerification(
            jwks_url=_required(environment, "JWT_JWKS_URL"),
            audience=_required(environment, "JWT_AUDIENCE"),
            issuer=_required(environment, "JWT_ISSUER"),
        )
    raise ConfigError("the setting JWT_VERIFICATION must be 'gateway' or 'jwks'")


@cache
def settings() -> Settings:
    """The settings of this process. Raises ApiError 503 while they are incomplete: it fails closed."""
    try:
        return Settings.read(os.environ)
    except ConfigError as error:
        raise unavailable("not_configured", f"This service is not configured: {error}", 60) from error
