"""Requests on the account itself: its description, databases, containers, and throughput offers."""

import json
import sqlite3
from typing import Any

from embedded_cosmos import charges, metrics
from embedded_cosmos.catalog import Catalog
from embedded_cosmos.container import Container, Database, Offer
from embedded_cosmos.errors import bad_request, not_found, precondition_failed
from embedded_cosmos.feeds import decoded_token, encoded_token, invalid_token, page_size
from embedded_cosmos.queries import over_resources, query_of
from embedded_cosmos.store import Store
from embedded_cosmos.wire import Call, Reply, feed, json_text

_REGION = "Local"
# The last version of the protocol in which a container needs no partition key.
_LAST_KEYLESS_VERSION = "2018-09-17"

# The .NET SDK hands these settings to its query planner, and its process ends without them.
# The values are the ones that the service sends.
_QUERY_ENGINE = {
    "maxSqlQueryInputLength": 262144,
    "maxJoinsPerSqlQuery": 10,
    "maxLogicalAndPerSqlQuery": 2000,
    "maxLogicalOrPerSqlQuery": 2000,
    "maxUdfRefPerSqlQuery": 10,
    "maxInExpressionItemsCount": 16000,
    "queryMaxInMemorySortDocumentCount": 500,
    "maxQueryRequestTimeoutFraction": 0.9,
    "sqlAllowNonFiniteNumbers": False,
    "sqlAllowAggregateFunctions": True,
    "sqlAllowSubQuery": True,
    "sqlAllowScalarSubQuery": True,
    "allowNewKeywords": True,
    "sqlAllowLike": True,
    "sqlAllowGroupByClause": True,
    "maxSpatialQueryCells": 12,
    "spatialMaxGeometryPointCount": 256,
    "sqlDisableQueryILOptimization": False,
    "sqlDisableFilterPlanOptimization": False,
}


def description(origin: str, consistency: str) -> Reply:
    """The account names the address that the client used; the SDK sends everything that follows there."""
    location = {"name": _REGION, "databaseAccountEndpoint": f"{origin}/"}
    return _reply(
        200,
        {
            "_self": "",
            "id": "local",
            "_rid": "local",
            "media": "//media/",
            "addresses": "//addresses/",
            "_dbs": "//dbs/",
            "writableLocations": [location],
            "readableLocations": [location],
            "enableMultipleWriteLocations": False,
            "userReplicationPolicy": {"asyncReplication": False, "minReplicaSetSize": 1, "maxReplicasetSize": 1},
            "userConsistencyPolicy": {"defaultConsistencyLevel": consistency},
            "systemReplicationPolicy": {"minReplicaSetSize": 1, "maxReplicasetSize": 1},
            "readPolicy": {"primaryReadCoefficient": 1, "secondaryReadCoefficient": 1},
            "queryEngineConfiguration": json_text(_QUERY_ENGINE),
        },
    )


class Account:
    """Serves databases, containers and offers."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store = store
        self._catalog = catalog

    async def databases(self, call: Call) -> Reply:
        resources = [database.resource for database in self._catalog.databases.values()]
        if call.verb == "GET" or is_query(call):
            return listed_reply("Databases", "", resources, call)
        return _reply(201, (await self._catalog.create_database(call.json_object(), _offer(call))).resource)

    async def database(self, id_: str, call: Call) -> Reply:
        database = self._catalog.database(id_)
        if call.verb == "GET":
            return _read(database.resource, call)
        _check_match(database.resource, call)
        await self._catalog.delete_database(database)
        return Reply(204, None, _charged())

    async def containers(self, database_id: str, call: Call) -> Reply:
        database = self._catalog.database(database_id)
        if call.verb == "GET" or is_query(call):
            resources = [container.resource for container in database.containers.values()]
            return listed_reply("DocumentCollections", database.rid, resources, call)
        keyless = call.headers.get("x-ms-version", "") <= _LAST_KEYLESS_VERSION
        container = await self._catalog.create_container(database, call.json_object(), _offer(call), keyless=keyless)
        return _reply(201, container.resource)

    async def container(self, database_id: str, id_: str, call: Call) -> Reply:
        container = self._catalog.container(database_id, id_, owner=False)
        if call.verb == "GET":
            reply = _read(container.resource, call)
            reply.headers["x-ms-documentdb-collection-index-transformation-progress"] = "100"
            if call.flag("x-ms-documentdb-populatequotainfo"):
                reply.headers |= await self._quota(container)
            if call.flag("x-ms-documentdb-populatepartitionstatistics") and reply.status == 200:
                reply.body = json_text(container.resource | {"statistics": await self._statistics(container)})
            return reply
        _check_match(container.resource, call)
        if call.verb == "PUT":
            await self._catalog.replace_container(container, call.json_object())
            return _reply(200, container.resource)
        await self._catalog.delete_container(container)
        return Reply(204, None, _charged())

    async def _quota(self, container: Container) -> dict[str, str]:
        sql = f"SELECT count(*), coalesce(sum(length(body)), 0) FROM {container.table}"
        count, size = await self._store.read(lambda db: db.execute(sql).fetchone())
        return metrics.quota_headers(count, size)

    async def _statistics(self, container: Container) -> list[dict[str, Any]]:
        """What each physical partition holds."""
        sql = f"SELECT count(*), coalesce(sum(length(body)), 0) FROM {container.table} WHERE epk >= ? AND epk < ?"

        def counted(db: sqlite3.Connection) -> list[dict[str, Any]]:
            found = [(part.id, *db.execute(sql, (part.low, part.high)).fetchone()) for part in container.ranges]
            return [metrics.statistics(*one) for one in found]

        return await self._store.read(counted)

    def offers(self, call: Call) -> Reply:
        return listed_reply("Offers", "", list(self._offers()), call)

    async def offer(self, rid: str, call: Call) -> Reply:
        owner, resource = self._offers_by_id().get(rid.lower(), (None, {}))
        if owner is None:
            raise not_found("the offer")
        if call.verb == "GET":
            return _with_throughput_headers(_read(resource, call), resource)
        content = call.json_object().get("content")
        if not isinstance(content, dict):
            raise bad_request("An offer needs 'content'.")
        await self._catalog.replace_offer(owner, _checked_offer(content))
        resource = self._offers_by_id()[rid.lower()][1]
        return _with_throughput_headers(_reply(200, resource), resource)

    def _offers_by_id(self) -> dict[str, tuple[Database | Container, dict[str, Any]]]:
        return {one["_rid"].lower(): (owner, one) for owner, one in self._owned_offers()}

    def _offers(self) -> list[dict[str, Any]]:
        return [one for _, one in self._owned_offers()]

    def _owned_offers(self) -> list[tuple[Database | Container, dict[str, Any]]]:
        owners: list[Database | Container] = [*self._catalog.databases.values(), *self._catalog.containers()]
        return [(owner, _offer_resource(owner, owner.offer)) for owner in owners if owner.offer is not None]


def is_query(call: Call) -> bool:
    """Only a POST queries, whatever the headers of another request say."""
    content = call.headers.get("Content-Type", "")
    return call.verb == "POST" and (
        call.flag("x-ms-documentdb-isquery") or content.startswith("application/query+json")
    )


def _offer_resource(owner: Database | Container, content: Offer) -> dict[str, Any]:
    # The number makes an id of four letters, which no other resource has.
    rid = f"{'d' if isinstance(owner, Database) else 'c'}{owner.n:03d}"
    return {
        "id": rid,
        "_rid": rid,
        "_self": f"offers/{rid}/",
        "_etag": f'"{rid}"',
        "_ts": owner.ts,
        "offerVersion": "V2",
        "offerType": "Invalid",
        "resource": owner.resource["_self"],
        "offerResourceId": owner.rid,
        "content": {"offerThroughput": 0, "offerIsRUPerMinuteThroughputEnabled": False, **content},
    }


def _offer(call: Call) -> Offer | None:
    """The throughput that a database or container is created with; none for a container that shares its database's."""
    autoscale = call.header("x-ms-cosmos-offer-autopilot-settings")
    throughput = call.header("x-ms-offer-throughput")
    if autoscale is not None:
        settings = json.loads(autoscale)
        return _checked_offer({"offerThroughput": settings["maxThroughput"], "offerAutopilotSettings": settings})
    if throughput is not None:
        return _checked_offer({"offerThroughput": int(throughput)})
    return None


def _checked_offer(content: dict[str, Any]) -> Offer:
    autopilot = content.get("offerAutopilotSettings")
    if autopilot is not None:
        most = autopilot.get("maxThroughput") if isinstance(autopilot, dict) else None
        if not isinstance(most, int) or most < 1000 or most % 1000:
            raise bad_request("The autoscale maximum is at least 1000 RU/s, and a multiple of 1000.")
        return {"offerThroughput": max(most // 10, 100), "offerAutopilotSettings": autopilot}
    throughput = content.get("offerThroughput")
    if not isinstance(throughput, int) or throughput < 400 or throughput % 100:
        raise bad_request("The throughput is at least 400 RU/s, and a multiple of 100.")
    return {"offerThroughput": throughput}


def _with_throughput_headers(reply: Reply, offer: dict[str, Any]) -> Reply:
    """The least that the throughput can be set to, and that no change of it is under way."""
    autopilot = offer["content"].get("offerAutopilotSettings")
    reply.headers["x-ms-cosmos-min-throughput"] = "1000" if autopilot else "400"
    reply.headers["x-ms-offer-replace-pending"] = "false"
    return reply


def _charged() -> dict[str, str]:
    return {"x-ms-request-charge": f"{charges.metadata():.2f}"}


def _reply(status: int, resource: dict[str, Any]) -> Reply:
    return Reply(status, json_text(resource), _charged() | {"etag": resource.get("_etag", "")})


def _read(resource: dict[str, Any], call: Call) -> Reply:
    if call.header("If-None-Match") == resource["_etag"]:
        return Reply(304, None, _charged() | {"etag": resource["_etag"]})
    return _reply(200, resource)


def _check_match(resource: dict[str, Any], call: Call) -> None:
    if call.headers.get("If-Match", "*") not in ("*", resource["_etag"]):
        raise precondition_failed()


def listed_reply(name: str, rid: str, resources: list[dict[str, Any]], call: Call) -> Reply:
    """All of them in one page, for an account on a laptop has few, unless the client asks for smaller ones."""
    rows = over_resources(query_of(call), resources) if is_query(call) else [json_text(one) for one in resources]
    size = page_size(call) if "x-ms-max-item-count" in call.headers else len(rows) or 1
    token = call.header("x-ms-continuation")
    start = _start_of_page(token, len(rows)) if token else 0
    page = rows[start : start + size]
    headers = _charged() | {"x-ms-item-count": str(len(page))}
    if start + size < len(rows):
        headers["x-ms-continuation"] = encoded_token({"at": start + size})
    return Reply(200, feed(name, rid, page), headers)


def _start_of_page(token: str, most: int) -> int:
    start = decoded_token(token).get("at")
    if not isinstance(start, int) or not start >= 0:
        raise invalid_token()
    return min(start, most)
