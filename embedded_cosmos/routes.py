"""Which request goes where: the one place that knows the shape of every path."""

import re

from embedded_cosmos import account, feeds
from embedded_cosmos.account import Account
from embedded_cosmos.catalog import Catalog
from embedded_cosmos.container import Container
from embedded_cosmos.errors import CosmosError, bad_request, not_found, unsupported
from embedded_cosmos.feeds import Feeds
from embedded_cosmos.items import Items
from embedded_cosmos.permissions import ResourceTokens, Users
from embedded_cosmos.queries import Queries
from embedded_cosmos.store import Store
from embedded_cosmos.wire import CONSISTENCY_LEVELS, Call, Reply

_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}")
# Older ones knew no partitioned containers.
_FIRST_VERSION = "2016-07-11"
_REFUSED_FEEDS = {
    "sprocs": "Stored procedures",
    "triggers": "Triggers",
    "udfs": "User-defined functions",
    "clientencryptionkeys": "Client-side encryption",
    "attachments": "Attachments",
}


def refuse_direct_mode(call: Call) -> None:
    """Clients in direct mode ask for the addresses of replicas first; what signs that request is no concern here."""
    if call.path[:1] == ("addresses",):
        raise unsupported("Direct mode (use gateway mode)")


def _check_headers(call: Call) -> None:
    version = call.header("x-ms-version")
    if version is not None and not (_VERSION.fullmatch(version) and version >= _FIRST_VERSION):
        raise bad_request(f"Invalid API version {version}. Ensure a valid x-ms-version header value is passed.")
    level = call.header("x-ms-consistency-level")
    if level is not None and level not in CONSISTENCY_LEVELS:
        raise bad_request(f"The consistency level '{level}' is invalid: one of {', '.join(CONSISTENCY_LEVELS)}.")


class Routes:
    """Answers one request, or raises a `CosmosError`."""

    def __init__(self, store: Store, catalog: Catalog, tokens: ResourceTokens, consistency: str) -> None:
        """`consistency` is what the account says of itself; whatever it says, every read sees the last write."""
        self._consistency = consistency
        self._catalog = catalog
        self._account = Account(store, self._catalog)
        self._users = Users(store, catalog, tokens)
        self._items = Items(store)
        self._feeds = Feeds(store)
        self._queries = Queries(store)

    async def answer(self, call: Call) -> Reply:
        _check_headers(call)
        match call.verb, call.path:
            case (("GET" | "PUT" | "PATCH" | "DELETE"), ("dbs", database, "colls", container, "docs", id_)):
                return await self._item(self._container(database, container, call), id_, call)
            case (("GET" | "POST"), ("dbs", database, "colls", container, "docs")):
                return await self._documents(self._container(database, container, call), call)
            case (("GET" | "POST"), ("dbs", database, "colls", container, "conflicts")):
                return feeds.conflicts(self._container(database, container, call), call)
            case (("GET" | "DELETE"), ("dbs", database, "colls", container, "conflicts", conflict)):
                self._container(database, container, call)
                raise not_found(f"the conflict {conflict}")
            case "GET", ("dbs", database, "colls", container, "pkranges"):
                return feeds.key_ranges(self._container(database, container, call), call)
            case "POST", ("dbs", database, "colls", container, "operations", "partitionkeydelete"):
                return await self._items.delete_partition(self._container(database, container, call), call)
        return await self._account_answer(call)

    async def _account_answer(self, call: Call) -> Reply:  # noqa: PLR0911 - a table of routes, a return for each
        match call.verb, call.path:
            case "GET", ():
                return account.description(call.origin, self._consistency)
            case (("GET" | "POST"), ("dbs",)):
                return await self._account.databases(call)
            case (("GET" | "DELETE"), ("dbs", database)):
                return await self._account.database(database, call)
            case (("GET" | "POST"), ("dbs", database, "colls")):
                return await self._account.containers(database, call)
            case (("GET" | "PUT" | "DELETE"), ("dbs", database, "colls", container)):
                return await self._account.container(database, container, call)
            case (("GET" | "POST"), ("offers",)):
                return self._account.offers(call)
            case (("GET" | "PUT"), ("offers", rid)):
                return await self._account.offer(rid, call)
        return await self._users_answer(call)

    async def _users_answer(self, call: Call) -> Reply:
        match call.verb, call.path:
            case (("GET" | "POST"), ("dbs", database, "users")):
                return await self._users.answer(database, ("users",), call)
            case (("GET" | "PUT" | "DELETE"), ("dbs", database, "users", user)):
                return await self._users.answer(database, ("users", user), call)
            case (("GET" | "POST"), ("dbs", database, "users", user, "permissions")):
                return await self._users.answer(database, ("users", user, "permissions"), call)
            case (("GET" | "PUT" | "DELETE"), ("dbs", database, "users", user, "permissions", permission)):
                return await self._users.answer(database, ("users", user, "permissions", permission), call)
        raise _refused(call)

    def _container(self, database: str, id_: str, call: Call) -> Container:
        container = self._catalog.container(database, id_)
        feeds.check_container_rid(container, call)
        return container

    async def _item(self, container: Container, id_: str, call: Call) -> Reply:
        if call.path[3] == container.rid != container.id:
            id_ = self._items.id_of(container, id_)
        if call.verb == "GET":
            return self._items.read(container, id_, call)
        return await self._items.write(container, id_, call)

    async def _documents(self, container: Container, call: Call) -> Reply:
        if call.verb == "GET":
            return await (self._feeds.changes if "A-IM" in call.headers else self._feeds.items)(container, call)
        if call.flag("x-ms-cosmos-is-query-plan-request"):
            return self._queries.plan(container, call)
        if account.is_query(call):
            return await self._queries.page(container, call)
        if call.flag("x-ms-cosmos-is-batch-request"):
            return await self._items.batch(container, call)
        return await self._items.write(container, None, call)


def _refused(call: Call) -> CosmosError:
    for segment in call.path[2:]:
        if segment.lower() in _REFUSED_FEEDS:
            return unsupported(_REFUSED_FEEDS[segment.lower()])
    return unsupported(f"{call.verb} /{'/'.join(call.path)}")
