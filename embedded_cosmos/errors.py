"""The one way this database says no: an error with the service's status, code word and sub-status."""

from dataclasses import dataclass, field
from typing import Any

_CODE_WORDS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    410: "Gone",
    412: "PreconditionFailed",
    413: "RequestEntityTooLarge",
    424: "FailedDependency",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}

# Sub-statuses the SDK acts on: it refreshes a cache, asks for a query plan, or reads the ranges again.
PARTITION_KEY_MISMATCH = 1001
RANGE_GONE = 1002
OWNER_NOT_FOUND = 1003
CROSS_PARTITION_NOT_SERVABLE = 1004
CONTAINER_RID_MISMATCH = 1024


@dataclass
class CosmosError(Exception):
    """A request that is refused; the server turns it into the answer. `details` are further members of its body."""

    status: int
    message: str
    substatus: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return _CODE_WORDS.get(self.status, str(self.status))


def bad_request(message: str, substatus: int = 0) -> CosmosError:
    return CosmosError(400, message, substatus)


def unsupported(what: str) -> CosmosError:
    """What the embedded database leaves out is refused by name, never answered half."""
    return CosmosError(400, f"{what} is not supported by the embedded Cosmos DB.")


def not_found(what: str, substatus: int = 0) -> CosmosError:
    return CosmosError(404, f"Resource Not Found: {what} does not exist.", substatus)


def already_exists(what: str) -> CosmosError:
    return CosmosError(409, f"Resource with specified id or name already exists: {what}.")


def precondition_failed() -> CosmosError:
    return CosmosError(412, "One of the specified pre-condition is not met.")
