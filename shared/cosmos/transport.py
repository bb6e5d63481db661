"""The way to Cosmos DB, which notes whether a batch that was sent may have been applied.

The SDK's error does not tell. It sends a batch again by itself, its error is that of the last sending, and a broken
connection has the same type as one that never came about.
"""

from typing import Any

from aiohttp import ClientConnectorError, ConnectionTimeoutError
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline.transport import AioHttpTransport

from shared.cosmos.transactions import sendings

IS_BATCH = "x-ms-cosmos-is-batch-request"


class Transport(AioHttpTransport):  # type: ignore[misc] # azure-core loads it late, without a type
    """aiohttp's. A batch was surely not applied where it was refused, or never had a connection to be sent by."""

    async def send(self, request: Any, **options: Any) -> Any:
        """Send a request. Raises what azure-core's transport does."""
        may_be_applied = True
        try:
            response = await super().send(request, **options)
        except ServiceRequestError as error:
            may_be_applied = not isinstance(error.inner_exception, ClientConnectorError | ConnectionTimeoutError)
            raise
        else:
            may_be_applied = not _refuses(response.status_code)
            return response
        finally:
            if IS_BATCH in request.headers:
                sendings.get().may_be_applied |= may_be_applied


def _refuses(status: int) -> bool:
    """Whether an answer says that nothing was written; 207 is that of a batch one of whose operations was refused."""
    return status == 207 or (400 <= status < 500 and status != 408)
