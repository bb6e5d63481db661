"""The database accounts that triggers name: an app setting's name becomes a client."""

from dataclasses import dataclass
from urllib.request import getproxies

from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos.aio import CosmosClient

from local.host.configuration import AppSettings
from local.host.errors import HostError

# A trigger has time, yet one that hangs on a dead connection would hold its lease without doing anything.
_CONNECT_SECONDS = 3
_READ_SECONDS = 10


@dataclass(frozen=True)
class Account:
    """Where an account is, and its key."""

    endpoint: str
    key: str

    @classmethod
    def named(cls, name: str, settings: AppSettings, where: str) -> "Account":
        """Look a binding's connection up: a connection string, or an endpoint by itself with COSMOS_KEY."""
        if text := settings.get(name):
            parts = dict(part.strip().split("=", 1) for part in text.split(";") if "=" in part)
            endpoint, key = parts.get("AccountEndpoint"), parts.get("AccountKey")
        else:
            endpoint, key = settings.get(f"{name}__accountEndpoint"), settings.get("COSMOS_KEY")
        if not endpoint or not key:
            raise HostError(
                f"{where}: the app setting {name} must be a connection string, AccountEndpoint=…;AccountKey=…; "
                f"or {name}__accountEndpoint an address, with COSMOS_KEY beside it"
            )
        return cls(endpoint, key)

    def open(self) -> CosmosClient:
        """Make a client; it connects on its first call, so an unavailable account is no error yet."""
        return CosmosClient(
            self.endpoint,
            credential=self.key,
            connection_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retry_total=1,
            retry_backoff_factor=0.2,
            # By default each call looks into ~/.netrc, in a thread: the polling would take twice the processor time.
            transport=AioHttpTransport(use_env_settings=bool(getproxies())),
        )
