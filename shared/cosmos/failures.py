"""What a failure of the database means to the caller of the API: ApiError 413, 429 or 503. No store handles them."""

import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from azure.core.exceptions import AzureError, HttpResponseError
from azure.cosmos.exceptions import CosmosAccessConditionFailedError, CosmosResourceExistsError

from shared.errors import ApiError, unavailable
from shared.logs import logger

log = logger(__name__)


@asynccontextmanager
async def database() -> AsyncIterator[None]:
    """Turns the failures of the database within its block into ApiError.

    What depends on the call passes: a lost race (409, 412), and a malformed request (400), which is our own mistake.
    """
    try:
        yield
    except (CosmosAccessConditionFailedError, CosmosResourceExistsError):
        raise
    except HttpResponseError as error:
        if error.status_code == 429:
            raise throttled(error) from error
        if error.status_code == 413:
            raise too_large() from error
        if error.status_code in {400, 409, 412}:
            raise
        log.warning("the database answered %s", error.status_code)
        raise _away() from error
    except AzureError as error:
        log.warning("the database did not answer: %s", type(error).__name__)
        raise _away() from error


def throttled(error: HttpResponseError) -> ApiError:
    """429 with the seconds that the database asks to wait, rounded up, at least 1."""
    headers: Mapping[str, str] = getattr(error, "headers", None) or {}
    seconds = math.ceil(float(headers.get("x-ms-retry-after-ms") or 1000) / 1000)
    return ApiError(
        429, "throttled", "There are too many requests; try again later", headers={"Retry-After": str(max(seconds, 1))}
    )


def too_large() -> ApiError:
    """413: the database takes documents up to 2 MB, and batches up to the same size."""
    return ApiError(413, "item_too_large", "This is more than fits into one item")


def may_be_applied(error: AzureError) -> bool:
    """Whether a write that failed so may have been applied: no answer came, or one that does not say."""
    status = error.status_code if isinstance(error, HttpResponseError) else None
    return status is None or status == 408 or status >= 500


def _away() -> ApiError:
    return unavailable("database_unavailable", "The database is unavailable; try again later")
