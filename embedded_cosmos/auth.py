"""Key signatures: each request is signed with the account's key over its verb, resource and date."""

import base64
import hmac
from urllib.parse import unquote

from embedded_cosmos.errors import CosmosError
from embedded_cosmos.permissions import TOKEN_PREFIX, ResourceTokens
from embedded_cosmos.wire import Call

# The key that Microsoft publishes for its emulator: known to everyone, good for a laptop only.
EMULATOR_KEY = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="


_PREFIX = "type=master&ver=1.0&sig="


class SignatureCheck:
    """Refuses, with 401, what is neither signed with the key nor bears a resource token."""

    def __init__(self, key: str, tokens: ResourceTokens) -> None:
        self._key = base64.b64decode(key)
        self._tokens = tokens

    def __call__(self, call: Call) -> None:
        token = unquote(call.headers.get("authorization", ""))
        if not token:
            raise CosmosError(401, "Required Header authorization is missing.")
        if token.startswith(TOKEN_PREFIX):
            self._tokens.check(token, call)
            return
        if not token.startswith(_PREFIX):
            raise CosmosError(
                401, "Only signatures of the master key and resource tokens are supported by the embedded Cosmos DB."
            )
        date = call.headers.get("x-ms-date", "").lower()
        if not date:
            raise CosmosError(401, "Required Header x-ms-date is missing.")
        given = token.removeprefix(_PREFIX).strip().encode()
        kind, link = signed_resource(call.path)
        # A client that takes an eight-letter name for a resource id signs its last part, or all, in lower case.
        links = (link, link.rpartition("/")[2].lower(), link.lower())
        verb = call.verb.lower()
        if not any(hmac.compare_digest(given, self._signature(f"{verb}\n{kind}\n{one}\n{date}\n\n")) for one in links):
            raise CosmosError(401, "The input authorization token can't serve the request: the signature is wrong.")

    def _signature(self, text: str) -> bytes:
        return base64.b64encode(hmac.digest(self._key, text.encode(), "sha256"))


def signed_resource(path: tuple[str, ...]) -> tuple[str, str]:
    """The resource type and the link that a signature covers."""
    if "operations" in path[4:5]:
        return "colls", "/".join(path[:4])
    if len(path) % 2:
        return path[-1].lower(), "/".join(path[:-1])
    if not path:
        return "", ""
    # An offer is signed by its id alone.
    return path[-2].lower(), path[-1] if path[0] == "offers" else "/".join(path)
