"""The way to Cosmos DB, which notes whether what was sent may have arrived.

The SDK's error does not tell. It sends a request again by itself, its error is that of the last sending, and a broken
connection has the same type as one that never came about.
"""

from typing import Any

from aiohttp import ClientConnectorError, ConnectionTimeoutError
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline.transport import AioHttpTransport

from shared.cosmos.transactions import sendings


class Transport(AioHttpTransport):  # type: ignore[misc] # azure-core loads it late, without a type
    """aiohttp's. A request surely did not arrive where there never was a connection to send it by."""

    async def send(self, request: Any, **options: Any) -> Any:
        """Send a request. Raises what azure-core's transport does."""
        arrives = True
        try:
            return await super().send(request, **options)
        except ServiceRequestError as error:
            arrives = not isinstance(error.inner_exception, ClientConnectorError | ConnectionTimeoutError)
            raise
        finally:
            sendings.get().may_have_arrived |= arrives
