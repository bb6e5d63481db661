"""The settings: one frozen dataclass, read once from the environment, the only place that reads it."""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar
from urllib.parse import urlsplit

from shared.errors import unavailable

Default = TypeVar("Default", int, None)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SECRETS_KEY = "SECRETS_KEY"
SECRETS_KEY_PREVIOUS = "SECRETS_KEY_PREVIOUS"
LEAST_KEY_BYTES = 32


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

    connection_string: str | None = field(repr=False)
    endpoint: str | None
    label: str | None
    file: str | None
    cache_seconds: float

    @property
    def has_store(self) -> bool:
        return bool(self.connection_string or self.endpoint)

    @property
    def place(self) -> str:
        """Where the flags are, for people to read."""
        return "Azure App Configuration" if self.has_store else self.file or "nowhere: no setting says where they are"


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """Microsoft Graph, and who calls it: an app with a secret, or, without one, the managed identity."""

    endpoint: str
    scope: str
    role_attribute: str
    client_id: str | None = None
    secret: str | None = field(default=None, repr=False)
    # `https://login.microsoftonline.com` and, from its path, the tenant's id or domain.
    authority: str | None = None
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class DirectorySettings:
    """Where users and groups are: in Microsoft Graph, else in a file, else nowhere."""

    graph: GraphSettings | None
    file: str | None
    cache_seconds: float
    # The list of users is limited to e-mails of this domain.
    email_domain: str | None


@dataclass(frozen=True, slots=True)
class SecretsKeys:
    """The keys that secrets are encrypted and cursors signed with, the current one first.

    Empty while they are missing or malformed, and `problem` says so: only what needs them is unavailable then.
    """

    keys: tuple[bytes, ...] = field(default=(), repr=False)
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of the backend. `docs/settings.md` says what each is for."""

    cosmos_endpoint: str
    cosmos_key: str | None
    cosmos_database: str
    catalog_cache_seconds: float
    report_most_entries: int
    # The request units a second that the database can be asked for; None: unknown, and reports are not slowed down.
    cosmos_throughput: int | None
    # How many rows of a file one call imports.
    import_most_rows: int
    # How long a time entry may be, or a timer run before it is started or restarted.
    longest_entry_hours: int
    # After how long a running timer counts as forgotten.
    forgotten_after_hours: int
    # Whether an administrator may decide on their own timesheets.
    own_timesheets_may_be_approved: bool
    # 0: events are kept for ever.
    event_retention_days: int
    # Where callers reach the API, for the OpenAPI document and `Location`; None: at `/api` of wherever they are.
    api_url: str | None
    feature_flags: FeatureFlagSettings
    jwt: JwtVerification
    directory: DirectorySettings
    secrets: SecretsKeys
    # On laptops: webhooks may lead to this machine.
    webhooks_to_loopback: bool

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings; raises ConfigError that names what is missing or malformed."""
        return cls(
            cosmos_endpoint=_http(_required(environment, "COSMOS_ENDPOINT"), "COSMOS_ENDPOINT"),
            cosmos_key=environment.get("COSMOS_KEY") or None,
            cosmos_database=environment.get("COSMOS_DATABASE") or "time-tracker",
            catalog_cache_seconds=_seconds(environment, "CATALOG_CACHE_SECONDS", 15),
            report_most_entries=_count(environment, "REPORT_MOST_ENTRIES", 200_000),
            cosmos_throughput=_count(environment, "COSMOS_THROUGHPUT", None),
            import_most_rows=_count(environment, "IMPORT_MOST_ROWS", 1000),
            longest_entry_hours=_count(environment, "LONGEST_ENTRY_HOURS", 168),
            forgotten_after_hours=_count(environment, "FORGOTTEN_AFTER_HOURS", 10),
            own_timesheets_may_be_approved=_switch(environment, "OWN_TIMESHEETS_MAY_BE_APPROVED"),
            event_retention_days=_days(environment, "EVENT_RETENTION_DAYS"),
            api_url=_api_url(environment),
            feature_flags=_feature_flags(environment),
            jwt=_jwt(environment),
            directory=_directory(environment),
            secrets=_secrets(environment),
            webhooks_to_loopback=_switch(environment, "WEBHOOKS_TO_LOOPBACK"),
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


def _count(environment: Mapping[str, str], name: str, default: Default) -> int | Default:
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise ConfigError(f"the setting {name} must be a whole number, 1 or more")
    return int(text)


def _switch(environment: Mapping[str, str], name: str) -> bool:
    text = environment.get(name, "").strip().lower() or "0"
    if text not in {"0", "1", "false", "true"}:
        raise ConfigError(f"the setting {name} must be 1 for yes, or 0 for no")
    return text in {"1", "true"}


def _days(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name, "").strip() or "0"
    if not (text.isascii() and text.isdecimal()):
        raise ConfigError(f"the setting {name} must be a number of days, 0 for ever")
    return int(text)


def _api_url(environment: Mapping[str, str]) -> str | None:
    """The API's address, without a slash at its end: paths of the OpenAPI document are put behind it."""
    text = environment.get("API_URL", "").strip()
    if not text:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError("the setting API_URL must be an absolute address, such as https://time.example.com/api")
    return text.rstrip("/")


def _feature_flags(environment: Mapping[str, str]) -> FeatureFlagSettings:
    return FeatureFlagSettings(
        connection_string=environment.get("AZURE_APP_CONFIGURATION_CONNECTION_STRING", "").strip() or None,
        endpoint=environment.get("AZURE_APP_CONFIGURATION_ENDPOINT", "").strip() or None,
        label=environment.get("AZURE_APP_CONFIGURATION_LABEL", "").strip() or None,
        file=environment.get("FEATURE_FLAGS_FILE", "").strip() or None,
        cache_seconds=_seconds(environment, "FEATURE_FLAGS_CACHE_SECONDS", 30),
    )


def _jwt(environment: Mapping[str, str]) -> JwtVerification:
    """Fails closed: only the two known words are accepted, and `jwks` only when it is complete."""
    who = _required(environment, "JWT_VERIFICATION")
    if who == "gateway":
        return JwtVerification()
    if who == "jwks":
        return JwtVerification(
            jwks_url=_https(_required(environment, "JWT_JWKS_URL"), "JWT_JWKS_URL", or_loopback=True),
            audience=_required(environment, "JWT_AUDIENCE"),
            issuer=_required(environment, "JWT_ISSUER"),
        )
    raise ConfigError("the setting JWT_VERIFICATION must be 'gateway' or 'jwks'")


def _directory(environment: Mapping[str, str]) -> DirectorySettings:
    return DirectorySettings(
        graph=_graph(environment),
        file=environment.get("DIRECTORY_FILE", "").strip() or None,
        cache_seconds=_seconds(environment, "DIRECTORY_CACHE_SECONDS", 60),
        email_domain=environment.get("USERS_EMAIL_DOMAIN", "").strip().lower().removeprefix("@") or None,
    )


def _secrets(environment: Mapping[str, str]) -> SecretsKeys:
    """A key that can't be read is no reason to refuse every call: perhaps the vault did not answer for a while."""
    current, previous = (environment.get(name, "").strip() for name in (SECRETS_KEY, SECRETS_KEY_PREVIOUS))
    if not current:
        return SecretsKeys(problem=f"the setting {SECRETS_KEY} is missing")
    try:
        keys = [_key(current, SECRETS_KEY), *([_key(previous, SECRETS_KEY_PREVIOUS)] if previous else [])]
    except ConfigError as error:
        return SecretsKeys(problem=str(error))
    return SecretsKeys(tuple(dict.fromkeys(keys)))


def _key(text: str, name: str) -> bytes:
    try:
        key = base64.b64decode(text.translate({ord("-"): "+", ord("_"): "/"}), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < LEAST_KEY_BYTES:
        raise ConfigError(f"the setting {name} must be base64 of at least {LEAST_KEY_BYTES} random bytes")
    return key


_CLIENT = ("MS_CLIENT_ID", "MS_SECRET", "MS_AUTHORITY")
_GRAPH = (*_CLIENT, "MS_ENDPOINT", "MS_SCOPE", "MS_ROLE_ATTRIBUTE")


def _graph(environment: Mapping[str, str]) -> GraphSettings | None:
    """None without any of its settings. With one of them all must be there: a guess would fail later."""
    given = {name: text for name in _GRAPH if (text := environment.get(name, "").strip())}
    if not given:
        return None
    if "MS_CLIENT_ID" in given:
        # An extension attribute is named after the app that registered it: by default, this one.
        given.setdefault("MS_ROLE_ATTRIBUTE", f"extension_{given['MS_CLIENT_ID'].replace('-', '')}_role")
    needed = {"MS_ENDPOINT", "MS_SCOPE", "MS_ROLE_ATTRIBUTE", *(_CLIENT if given.keys() & set(_CLIENT) else ())}
    if missing := [name for name in _GRAPH if name in needed - given.keys()]:
        raise ConfigError(f"of Microsoft Graph's settings {', '.join(missing)} must be given as well")
    authority, tenant = _authority(given["MS_AUTHORITY"]) if "MS_AUTHORITY" in given else (None, None)
    return GraphSettings(
        endpoint=_https(given["MS_ENDPOINT"], "MS_ENDPOINT").rstrip("/"),
        scope=given["MS_SCOPE"],
        role_attribute=given["MS_ROLE_ATTRIBUTE"],
        client_id=given.get("MS_CLIENT_ID"),
        secret=given.get("MS_SECRET"),
        authority=authority,
        tenant=tenant,
    )


def _authority(url: str) -> tuple[str, str]:
    """The host that issues the tokens, and the tenant in its path."""
    parts = urlsplit(_https(url, "MS_AUTHORITY"))
    tenant = parts.path.strip("/").partition("/")[0]
    if not re.fullmatch(r"[\w.-]+", tenant):
        raise ConfigError("the setting MS_AUTHORITY must hold the tenant in its path: https://<host>/<tenant>")
    return f"https://{parts.netloc}", tenant


def _https(url: str, name: str, *, or_loopback: bool = False) -> str:
    """An https address: tokens, secrets or keys travel there. `or_loopback` accepts http as well for loopback."""
    scheme, host = _scheme_and_host(url)
    if host and (scheme == "https" or (or_loopback and scheme == "http" and host in LOOPBACK)):
        return url
    raise ConfigError(f"the setting {name} must be an https address")


def _http(url: str, name: str) -> str:
    """An http or https address. What is sent there is signed, and emulators have no certificate."""
    scheme, host = _scheme_and_host(url)
    if host and scheme in {"http", "https"}:
        return url
    raise ConfigError(f"the setting {name} must be an http or https address")


def _scheme_and_host(url: str) -> tuple[str, str | None]:
    """Both are empty for anything that is not an address."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "", None
    return parts.scheme, parts.hostname


@cache
def settings() -> Settings:
    """The settings of this process. Raises ApiError 503 while they are incomplete: it fails closed."""
    try:
        return Settings.read(os.environ)
    except ConfigError as error:
        raise unavailable("not_configured", f"This service is not configured: {error}", 60) from error
