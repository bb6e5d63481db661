"""Users, permissions, and what a resource token allows: no more than its permission, for no longer than its time."""

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests
from azure.cosmos import CosmosClient

from embedded_cosmos.testing import CosmosAccount
from embedded_cosmos.tests.conftest import SINGLE_KEY
from embedded_cosmos.tests.raw import Raw

KEY = {"x-ms-documentdb-partitionkey": '["p"]'}
OTHER_KEY = {"x-ms-documentdb-partitionkey": '["q"]'}
QUERY = {"x-ms-documentdb-isquery": "true", "Content-Type": "application/query+json", **KEY}


@pytest.fixture
def database(cosmos_account: CosmosAccount) -> Iterator[Any]:
    with CosmosClient(cosmos_account.endpoint, cosmos_account.key) as client:
        made = client.create_database(f"users-{uuid.uuid4().hex[:8]}")
        for name in ("c", "other"):
            container = made.create_container(name, SINGLE_KEY)
            container.create_item({"id": "1", "pk": "p"})
        yield made
        client.delete_database(made)


def test_users_and_permissions_are_made_changed_and_deleted(database: Any) -> None:
    user = database.create_user({"id": "u"})
    assert [one["id"] for one in database.list_users()] == ["u"]
    user.create_permission({"id": "p", "permissionMode": "Read", "resource": "dbs/x/colls/y"})
    replaced = user.replace_permission("p", {"id": "q", "permissionMode": "All", "resource": "dbs/x/colls/y"})
    assert (replaced.id, replaced.permission_mode) == ("q", "All")
    assert [one["id"] for one in user.query_permissions("SELECT * FROM c WHERE c.permissionMode = 'All'")] == ["q"]
    database.replace_user("u", {"id": "v"})
    assert [one["id"] for one in database.get_user_client("v").list_permissions()] == ["q"]
    database.upsert_user({"id": "v"})
    assert [one["id"] for one in database.query_users("SELECT * FROM c")] == ["v"]
    database.get_user_client("v").delete_permission("q")
    database.delete_user("v")
    assert list(database.list_users()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "p", "permissionMode": "Write", "resource": "dbs/x"},
        {"id": "p", "permissionMode": "Read"},
        {"id": "p", "permissionMode": "Read", "resource": ""},
        {"permissionMode": "Read", "resource": "dbs/x"},
    ],
)
def test_a_permission_that_is_none_is_refused(raw: Raw, database: Any, wrong: dict[str, str]) -> None:
    database.create_user({"id": "u"})
    assert raw.send("POST", f"dbs/{database.id}/users/u/permissions", wrong).status_code == 400
    assert raw.send("POST", f"dbs/{database.id}/users/nobody/permissions", wrong).status_code == 404


def token_of(database: Any, mode: str, resource: str, **more: Any) -> str:
    user = database.upsert_user({"id": "u"})
    given = {"id": "p", "permissionMode": mode, "resource": resource, **more}
    token: str = user.upsert_permission(given).properties["_token"]
    return token


def send(raw: Raw, token: str, verb: str, path: str, body: Any = None, **more: Any) -> int:
    signed = {"authorization": quote(token, safe=""), **more.get("headers", {})}
    answer: requests.Response = raw.send(verb, path, body, signed)
    return answer.status_code


@pytest.mark.parametrize("by", ["name", "rid"])
@pytest.mark.parametrize("mode", ["Read", "All"])
def test_a_token_allows_what_its_permission_says_and_no_more(raw: Raw, database: Any, mode: str, by: str) -> None:
    link = f"dbs/{database.id}/colls/c"
    token = token_of(database, mode, link if by == "name" else database.get_container_client("c").read()["_self"])
    written = 201 if mode == "All" else 403
    assert send(raw, token, "GET", "") == 200
    assert send(raw, token, "GET", link) == 200
    assert send(raw, token, "GET", f"{link}/pkranges") == 200
    assert send(raw, token, "GET", f"{link}/docs/1", headers=KEY) == 200
    assert send(raw, token, "POST", f"{link}/docs", {"query": "SELECT * FROM c"}, headers=QUERY) == 200
    assert send(raw, token, "POST", f"{link}/docs", {"id": "2", "pk": "p"}, headers=KEY) == written
    assert send(raw, token, "DELETE", f"{link}/docs/1", headers=KEY) == (204 if mode == "All" else 403)
    for verb, path in (
        ("GET", f"dbs/{database.id}/colls/other/docs/1"),
        ("GET", f"dbs/{database.id}"),
        ("GET", "dbs"),
        ("GET", "offers"),
        ("GET", f"dbs/{database.id}/users"),
        ("DELETE", link),
        ("PUT", link),
        ("POST", f"{link}/operations/partitionkeydelete"),
    ):
        assert send(raw, token, verb, path, headers=KEY) == 403, (verb, path)


def test_a_permission_for_one_partition_key_or_item_allows_no_other(raw: Raw, database: Any) -> None:
    link = f"dbs/{database.id}/colls/c"
    token = token_of(database, "All", link, resourcePartitionKey=["p"])
    assert send(raw, token, "GET", f"{link}/docs/1", headers=KEY) == 200
    assert send(raw, token, "POST", f"{link}/docs", {"id": "2", "pk": "q"}, headers=OTHER_KEY) == 403
    assert send(raw, token, "GET", f"{link}/docs") == 403
    token = token_of(database, "All", f"{link}/docs/1")
    assert send(raw, token, "GET", f"{link}/docs/1", headers=KEY) == 200
    assert send(raw, token, "GET", f"{link}/docs/2", headers=KEY) == 403
    assert send(raw, token, "POST", f"{link}/docs", {"id": "2", "pk": "p"}, headers=KEY) == 403


def test_a_token_that_was_changed_or_ran_out_is_refused(raw: Raw, database: Any) -> None:
    link = f"dbs/{database.id}/colls/c"
    token = token_of(database, "Read", link)
    for forged in (
        token.replace("sig=", "sig=x"),
        token[:-9] + "AAAA;",
        "type=resource&ver=1.0&sig=;;",
        token.split(";")[0],
    ):
        assert send(raw, forged, "GET", f"{link}/docs/1", headers=KEY) == 401
    for seconds in ("1", "x", "90000"):
        path = f"dbs/{database.id}/users/u/permissions/p"
        assert raw.send("GET", path, headers={"x-ms-documentdb-expiry-seconds": seconds}).status_code == 400


def test_the_sdk_works_with_tokens_alone(cosmos_account: CosmosAccount, database: Any) -> None:
    link = f"dbs/{database.id}/colls/c"
    token = token_of(database, "Read", link)
    with CosmosClient(cosmos_account.endpoint, {link: token}) as client:
        container = client.get_database_client(database.id).get_container_client("c")
        assert container.read_item("1", "p")["id"] == "1"
