"""Users of a database and their permissions, and the resource tokens by which somebody without the key reads or writes.

A token holds what its permission allows and until when, signed with the account's key; it stays good until it runs out.
"""

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

from embedded_cosmos.account import is_query, listed_reply
from embedded_cosmos.catalog import Catalog
from embedded_cosmos.container import Database
from embedded_cosmos.definitions import checked_id
from embedded_cosmos.errors import CosmosError, already_exists, bad_request, not_found
from embedded_cosmos.store import Store
from embedded_cosmos.wire import Call, Reply, json_text

TOKEN_PREFIX = "type=resource&ver=1.0&sig="  # noqa: S105 - how every token begins
_SECONDS, _MOST_SECONDS = 3600, 24 * 3600
_FORBIDDEN = "The permission of the resource token does not allow this request."


class ResourceTokens:
    """Makes tokens, and checks what they allow."""

    def __init__(self, key: str, catalog: Catalog) -> None:
        self._key = base64.b64decode(key)
        self._catalog = catalog

    def made(self, permission: dict[str, Any], seconds: int) -> str:
        known = {name: permission.get(name) for name in ("resource", "permissionMode", "resourcePartitionKey")}
        payload = base64.b64encode(json_text({**known, "until": int(time.time()) + seconds}).encode()).decode()
        return f"{TOKEN_PREFIX}{self._signature(payload)};{payload};"

    def check(self, token: str, call: Call) -> None:
        """401 for a token that is none of this account's, 403 for one that does not allow the request."""
        signature, _, payload = token.removeprefix(TOKEN_PREFIX).rstrip(";").partition(";")
        if not hmac.compare_digest(signature.encode(), self._signature(payload).encode()):
            raise CosmosError(401, "The resource token is none of this account's.")
        known = json.loads(base64.b64decode(payload))
        if known["until"] <= time.time():
            raise CosmosError(403, "The resource token has expired.")
        # Every client reads the account first.
        if call.path and not self._allows(known, call):
            raise CosmosError(403, _FORBIDDEN)

    def _signature(self, payload: str) -> str:
        return base64.b64encode(hmac.digest(self._key, payload.encode(), "sha256")).decode()

    def _allows(self, known: dict[str, Any], call: Call) -> bool:
        granted = tuple(known["resource"].strip("/").split("/"))
        if len(call.path) < 4 or len(granted) < 4 or self._container(granted) != self._container(call.path):
            return False
        reads = call.verb == "GET" or (call.verb == "POST" and _only_reads(call))
        if call.path[4:] in ((), ("pkranges",)):
            return reads
        if len(granted) > 4 and call.path[4:6] != granted[4:6]:
            return False
        key = known.get("resourcePartitionKey")
        if key is not None and call.header("x-ms-documentdb-partitionkey") not in _spellings(key):
            return False
        return call.path[4] == "docs" and (reads or known["permissionMode"].lower() == "all")

    def _container(self, path: tuple[str, ...]) -> int:
        return self._catalog.container(path[1], path[3]).n


def _only_reads(call: Call) -> bool:
    return is_query(call) or call.flag("x-ms-cosmos-is-query-plan-request")


def _spellings(key: Any) -> tuple[str, ...]:
    return (json_text(key), json.dumps(key), json.dumps(key, separators=(",", ":")))


class Users:
    """Serves users and permissions."""

    def __init__(self, store: Store, catalog: Catalog, tokens: ResourceTokens) -> None:
        self._store = store
        self._catalog = catalog
        self._tokens = tokens
        store.writer.execute(
            "CREATE TABLE IF NOT EXISTS users (database_n INTEGER NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL,"
            " body TEXT NOT NULL, PRIMARY KEY (database_n, parent, id))"
        )

    async def answer(self, database_id: str, path: tuple[str, ...], call: Call) -> Reply:
        """`path` is what follows the database: users, a user, their permissions, a permission."""
        database = self._catalog.database(database_id)
        parent = path[1] if len(path) > 2 else ""
        if parent:
            self._existing(database, "", parent)
        if len(path) % 2 == 0:
            return await self._one(database, parent, path[-1], call)
        if call.verb == "GET" or is_query(call):
            name = "Permissions" if parent else "Users"
            return listed_reply(
                name, database.rid, [self._shown(one, call) for one in self._all(database, parent)], call
            )
        given = self._checked(call.json_object(), permission=bool(parent))
        known = self._find(database, parent, given["id"])
        if known is not None and not call.flag("x-ms-documentdb-is-upsert"):
            raise already_exists("the permission" if parent else "the user")
        await self._keep(database, parent, given, None if known is None else given["id"])
        return self._reply(200 if known else 201, self._existing(database, parent, given["id"]), call)

    async def _one(self, database: Database, parent: str, id_: str, call: Call) -> Reply:
        known = self._existing(database, parent, id_)
        if call.verb == "PUT":
            given = self._checked(call.json_object(), permission=bool(parent))
            if given["id"] != id_ and self._find(database, parent, given["id"]) is not None:
                raise already_exists("the permission" if parent else "the user")
            await self._keep(database, parent, given, id_)
            return self._reply(200, self._existing(database, parent, given["id"]), call)
        if call.verb == "DELETE":
            async with self._store.transaction() as db:
                sql = "DELETE FROM users WHERE database_n = ? AND ((parent = ? AND id = ?) OR (? = '' AND parent = ?))"
                db.execute(sql, (database.n, parent, id_, parent, id_))
            return Reply(204)
        return self._reply(200, known, call)

    async def _keep(self, database: Database, parent: str, given: dict[str, Any], old: str | None) -> None:
        now = int(time.time())
        async with self._store.transaction() as db:
            if old is not None:
                sql = "DELETE FROM users WHERE database_n = ? AND parent = ? AND id = ?"
                db.execute(sql, (database.n, parent, old))
                if not parent:
                    sql = "UPDATE users SET parent = ? WHERE database_n = ? AND parent = ?"
                    db.execute(sql, (given["id"], database.n, old))
            known = json.dumps({**given, "_ts": now, "_etag": f'"{time.time_ns():x}"'})
            db.execute("INSERT INTO users VALUES (?, ?, ?, ?)", (database.n, given["id"], parent, known))

    def _checked(self, given: dict[str, Any], *, permission: bool) -> dict[str, Any]:
        kept = {name: value for name, value in given.items() if not name.startswith("_")}
        checked_id(kept.get("id"))
        if permission:
            if str(kept.get("permissionMode")).lower() not in ("read", "all"):
                raise bad_request("The permissionMode is 'Read' or 'All'.")
            if not isinstance(kept.get("resource"), str) or not kept["resource"]:
                raise bad_request("A permission needs the link of a 'resource'.")
        return kept

    def _all(self, database: Database, parent: str) -> list[dict[str, Any]]:
        sql = "SELECT body FROM users WHERE database_n = ? AND parent = ? ORDER BY rowid"
        rows = self._store.writer.execute(sql, (database.n, parent))
        return [self._with_links(database, parent, json.loads(body)) for (body,) in rows.fetchall()]

    def _find(self, database: Database, parent: str, id_: str) -> dict[str, Any] | None:
        return next((one for one in self._all(database, parent) if id_ in (one["id"], one["_rid"])), None)

    def _existing(self, database: Database, parent: str, id_: str) -> dict[str, Any]:
        found = self._find(database, parent, id_)
        if found is None:
            raise not_found("the permission" if parent else "the user")
        return found

    def _with_links(self, database: Database, parent: str, known: dict[str, Any]) -> dict[str, Any]:
        digest: Callable[[str], bytes] = lambda text: hmac.digest(b"rid", text.encode(), "sha256")  # noqa: E731
        user = base64.b64encode(base64.b64decode(database.rid.replace("-", "/")) + digest(parent or known["id"])[:4])
        rid = base64.b64encode(base64.b64decode(user) + digest(known["id"])[:8]) if parent else user
        text, owner = rid.decode().replace("/", "-"), user.decode().replace("/", "-")
        link = f"dbs/{database.rid}/users/{owner}/"
        if parent:
            return {**known, "_rid": text, "_self": f"{link}permissions/{text}/"}
        return {**known, "_rid": text, "_self": link, "_permissions": "permissions/"}

    def _shown(self, known: dict[str, Any], call: Call) -> dict[str, Any]:
        """A permission bears a new token whenever it is read."""
        if "permissionMode" not in known:
            return known
        text = call.headers.get("x-ms-documentdb-expiry-seconds", str(_SECONDS))
        if not text.isdecimal() or not 10 <= int(text) <= _MOST_SECONDS:
            raise bad_request(f"A resource token is good for 10 to {_MOST_SECONDS} seconds.")
        return {**known, "_token": self._tokens.made(known, int(text))}

    def _reply(self, status: int, known: dict[str, Any], call: Call) -> Reply:
        return Reply(status, json_text(self._shown(known, call)), {"etag": known["_etag"]})
