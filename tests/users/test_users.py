"""Users over HTTP, on the local directory file."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest

from embedded_cosmos.testing import CosmosAccount
from local.demo_tokens import token
from shared.auth.caller import ADMIN, TESTER
from shared.users.file_directory import FileDirectory
from shared.users.rules import DirectoryUser
from tests.application import Application, application
from tests.calling import Item, Person
from tests.events.delivering import deliver
from tests.world import World, make_world


@pytest.fixture(scope="module")
def directory_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("directory") / "data" / "directory.json"


@pytest.fixture(scope="module")
async def app(cosmos_account: CosmosAccount, directory_file: Path) -> AsyncIterator[Application]:
    async with application(cosmos_account, DIRECTORY_FILE=str(directory_file)) as served:
        yield served


@dataclass(frozen=True, slots=True)
class Company:
    """A tenant with people in the directory, in the order of their names: Admin, Bo, Tess (a tester) and User."""

    world: World
    admin: Item
    bo: Item
    tess: Item
    user: Item

    @property
    def tester(self) -> Person:
        """Tess, who also is an administrator."""
        email = self.tess["email"]
        words = token(self.tess["id"], email, "Tess", tenant_id=self.world.tenant_id, admin=True, tester=True)
        return self.world.person(admin=True).with_headers(Authorization=f"Bearer {words}")

    async def post(self, path: str, body: object = None) -> Item:
        """A write by the administrator that must work."""
        user: Item = (await self.world.admin.post(f"users/{path}", body)).ok()
        return user


def answered(user: DirectoryUser) -> Item:
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "roles": list(user.roles),
        "groups": list(user.groups),
        "tenant_id": user.tenant_id,
    }


@pytest.fixture
async def company(world: World, directory_file: Path) -> Company:
    tenant_id = world.tenant_id
    users = [
        DirectoryUser(world.admin.user_id, tenant_id, "Admin", world.admin.email, (ADMIN,), (ADMIN,)),
        DirectoryUser(str(uuid4()), tenant_id, "bo", "bo@Example.com"),
        DirectoryUser(str(uuid4()), tenant_id, "Tess", "tess@example.com", (), (TESTER,)),
        DirectoryUser(world.user.user_id, tenant_id, "User", "user@example.org"),
    ]
    await FileDirectory(str(directory_file)).add(users)
    return Company(world, *map(answered, users))


def stored(directory_file: Path, user: Item) -> Item:
    """The user as the file has them."""
    users: list[Item] = json.loads(directory_file.read_text(encoding="utf-8"))["users"]
    return next(one for one in users if one["id"] == user["id"])


async def test_everyone_of_the_tenant_is_listed_by_name_but_testers(company: Company) -> None:
    expected = [company.admin, company.bo, company.user]

    assert (await company.world.admin.get("users")).ok() == expected
    assert (await company.world.user.get("users/")).ok() == expected


async def test_a_tester_sees_testers(company: Company) -> None:
    assert (await company.tester.get("users")).ok() == [company.admin, company.bo, company.tess, company.user]


async def test_another_tenant_sees_nobody(company: Company, http: aiohttp.ClientSession, app: Application) -> None:
    stranger = Person(http, app.url, str(uuid4()), admin=True)

    assert (await stranger.get("users")).ok() == []
    (await stranger.get(f"users/{company.bo['id']}")).refused(404, "user_not_found")
    (await stranger.post(f"users/{company.bo['id']}/roles/admin/grant")).refused(404, "user_not_found")


async def test_a_user_is_answered_whole(company: Company) -> None:
    answer = await company.world.user.get(f"users/{company.bo['id']}")

    assert answer.ok() == company.bo
    assert answer.headers["ETag"]
    assert (await company.world.user.get(f"users/{company.bo['id'].upper()}/")).ok() == company.bo


async def test_an_unknown_user_is_404_whatever_is_asked(company: Company) -> None:
    admin, nobody, group = company.world.admin, uuid4(), {"group_name": ADMIN}

    (await admin.get(f"users/{nobody}")).refused(404, "user_not_found")
    (await admin.post(f"users/{nobody}/is-member-of", group)).refused(404, "user_not_found")
    for path, body in (
        ("roles/admin/grant", None),
        ("roles/test/revoke", None),
        ("groups/add", group),
        ("groups/remove", group),
    ):
        (await admin.post(f"users/{nobody}/{path}", body)).refused(404, "user_not_found")


async def test_an_id_that_is_no_uuid_is_422(company: Company) -> None:
    (await company.world.admin.get("users/me")).refused(422, "id_invalid")
    (await company.world.admin.post("users/me/roles/admin/grant")).refused(422, "id_invalid")


async def test_the_caller_is_made_up_from_the_claims_where_the_directory_lacks_him(world: World) -> None:
    person, admin = world.person(), world.person(admin=True)

    expected = {"id": person.user_id, "name": "Somebody", "email": person.email, "tenant_id": world.tenant_id}
    assert (await person.get(f"users/{person.user_id.upper()}")).ok() == {**expected, "roles": [], "groups": []}
    assert (await admin.get(f"users/{admin.user_id}")).ok()["roles"] == [ADMIN]
    for who, value in ((person, False), (admin, True)):
        path = f"users/{who.user_id}/is-member-of"
        assert (await who.post(path, {"group_name": ADMIN})).ok() == {"value": value}
    (await world.user.get(f"users/{person.user_id}")).refused(404)


async def test_the_caller_may_grant_himself_what_the_directory_then_keeps(world: World) -> None:
    admin = world.person(admin=True)

    granted = (await admin.post(f"users/{admin.user_id}/roles/test/grant")).ok()

    assert granted["roles"] == [ADMIN, TESTER]
    assert (await world.admin.get(f"users/{admin.user_id}")).ok() == granted


@pytest.mark.parametrize(("word", "role"), [("admin", ADMIN), ("test", TESTER), ("Admin", ADMIN)])
async def test_a_role_is_granted_and_revoked_as_often_as_one_likes(
    company: Company, directory_file: Path, word: str, role: str
) -> None:
    bo = company.bo
    for _ in range(2):
        assert await company.post(f"{bo['id']}/roles/{word}/grant", {"ignored": 1}) == {**bo, "roles": [role]}
    assert stored(directory_file, bo) == {**bo, "roles": [role]}

    for _ in range(2):
        assert await company.post(f"{bo['id']}/roles/{word}/revoke") == bo
    assert stored(directory_file, bo) == bo


@pytest.mark.parametrize("group", [ADMIN, TESTER])
async def test_a_group_is_joined_and_left_as_often_as_one_likes(company: Company, group: str) -> None:
    bo, body = company.bo, {"group_name": group}
    for _ in range(2):
        assert await company.post(f"{bo['id']}/groups/add", body) == {**bo, "groups": [group]}
    assert await company.post(f"{bo['id']}/is-member-of", body) == {"value": True}

    for _ in range(2):
        assert await company.post(f"{bo['id']}/groups/remove", body) == bo
    assert await company.post(f"{bo['id']}/is-member-of", body) == {"value": False}


async def test_everything_at_once_loses_nothing(company: Company, directory_file: Path) -> None:
    people, writes = (company.bo, company.user), list[tuple[str, Item | None]]()
    for who in people:
        writes += [(f"{who['id']}/roles/{word}/grant", None) for word in ("admin", "test")]
        writes += [(f"{who['id']}/groups/add", {"group_name": group}) for group in (ADMIN, TESTER)]

    await asyncio.gather(*(company.post(path, body) for path, body in writes * 3))

    for who in people:
        both = [ADMIN, TESTER]
        assert stored(directory_file, who) == {**who, "roles": both, "groups": both}


async def test_the_last_administrator_keeps_the_right(company: Company, directory_file: Path) -> None:
    admin, group = company.admin["id"], {"group_name": ADMIN}
    # The role may go, for the group makes an administrator as well.
    assert (await company.post(f"{admin}/roles/admin/revoke"))["groups"] == [ADMIN]

    (await company.world.admin.post(f"users/{admin}/groups/remove", group)).refused(409, "last_admin")
    assert stored(directory_file, company.admin)["groups"] == [ADMIN]

    await company.post(f"{company.bo['id']}/roles/admin/grant")
    assert (await company.post(f"{admin}/groups/remove", group))["groups"] == []
    (await company.world.admin.post(f"users/{company.bo['id']}/roles/admin/revoke")).refused(409, "last_admin")


async def test_two_administrators_cannot_take_the_right_from_each_other(company: Company, directory_file: Path) -> None:
    admin, bo, group = company.admin, company.bo, {"group_name": ADMIN}
    await company.post(f"{bo['id']}/groups/add", group)
    await company.post(f"{admin['id']}/roles/admin/revoke")
    other = replace(company.world.admin, user_id=bo["id"])

    answers = await asyncio.gather(
        other.post(f"users/{admin['id']}/groups/remove", group),
        company.world.admin.post(f"users/{bo['id']}/groups/remove", group),
    )

    assert sorted(answer.status for answer in answers) == [200, 409]
    assert len([one for one in (admin, bo) if ADMIN in stored(directory_file, one)["groups"]]) == 1


async def test_a_tester_is_no_last_administrator(company: Company) -> None:
    await company.post(f"{company.tess['id']}/groups/remove", {"group_name": TESTER})


async def test_a_change_of_roles_is_in_the_audit_trail(company: Company) -> None:
    bo, admin = company.bo["id"], company.world.admin
    await company.post(f"{bo}/roles/test/grant")
    await company.post(f"{bo}/roles/test/grant")
    await company.post(f"{bo}/groups/add", {"group_name": TESTER})
    query = {"item_id": bo, "container_id": "user"}
    await deliver(company.world.app)

    group, role = (await admin.get("events", query)).ok()["data"]
    assert [role["description"], group["description"]] == [
        f"Grant the role {TESTER}: done",
        f"Add to the group {TESTER}: done",
    ]
    assert role["changes"] == {"roles": [[], [TESTER]]}
    assert group["changes"] == {"groups": [[], [TESTER]]}
    assert (role["user_id"], role["item_id"], role["action"]) == (admin.user_id, bo, "update")


async def test_who_becomes_a_tester_leaves_the_list(company: Company) -> None:
    await company.post(f"{company.bo['id']}/roles/test/grant")

    assert (await company.world.user.get("users")).ok() == [company.admin, company.user]


async def test_only_an_administrator_writes(company: Company) -> None:
    user, bo, group = company.world.user, company.bo["id"], {"group_name": TESTER}

    for path, body in (
        ("roles/test/grant", None),
        ("roles/nothing/grant", None),
        ("roles/test/revoke", None),
        ("groups/add", group),
        ("groups/remove", group),
    ):
        (await user.post(f"users/{bo}/{path}", body)).refused(403, "admin_only")
    assert (await user.post(f"users/{bo}/is-member-of", group)).ok() == {"value": False}


@pytest.mark.parametrize("role", ["time-tracker-admin", "tester", "root", "%20"])
async def test_an_unknown_role_is_400(company: Company, role: str) -> None:
    for verb in ("grant", "revoke"):
        path = f"users/{company.bo['id']}/roles/{role}/{verb}"
        (await company.world.admin.post(path)).refused(400, "role_unknown")


@pytest.mark.parametrize("body", [None, {}, *({"group_name": name} for name in ("admin", "", None, 1, [ADMIN]))])
async def test_an_unknown_group_is_400(company: Company, body: Item | None) -> None:
    for path in ("groups/add", "groups/remove", "is-member-of"):
        problem = (await company.world.admin.post(f"users/{company.bo['id']}/{path}", body)).refused(400)
        assert list(problem["errors"]) == ["group_name"]


async def test_a_write_may_be_conditional(company: Company) -> None:
    path, admin = f"users/{company.bo['id']}", company.world.admin
    seen = (await admin.get(path)).headers["ETag"]
    granted = await admin.with_headers(If_Match=seen).post(f"{path}/roles/test/grant")

    assert granted.ok()["roles"] == [TESTER]
    assert granted.headers["ETag"] == (await admin.get(path)).headers["ETag"] != seen
    (await admin.with_headers(If_Match=seen).post(f"{path}/roles/test/revoke")).refused(412, "precondition_failed")


async def test_what_users_do_not_have_is_405_or_404(company: Company) -> None:
    admin, path = company.world.admin, f"users/{company.bo['id']}"

    for method, at in (("PUT", path), ("DELETE", path), ("POST", "users"), ("GET", f"{path}/roles/admin/grant")):
        (await admin.call(method, at)).refused(405, "method_not_allowed")
    (await admin.post(f"{path}/roles/admin")).refused(404, "not_found")


async def test_an_entry_shows_its_owners_email(company: Company) -> None:
    world = company.world
    entry = await world.entry("10:00", "11:00")
    unknown = await world.entry("10:00", "11:00", who=world.person())
    query = {"user_id": "*", "start_date": "2024-03-05T00:00:00Z"}

    emails = {one["id"]: one["owner_email"] for one in (await world.admin.get("time-entries", query)).ok()}

    assert emails == {entry["id"]: "user@example.org", unknown["id"]: None}
    assert (await world.admin.get(f"time-entries/{entry['id']}")).ok()["owner_email"] == "user@example.org"
    # What the caller's own token says comes first.
    assert (await world.user.get(f"time-entries/{entry['id']}")).ok()["owner_email"] == world.user.email


async def test_the_entries_of_testers_are_left_out_of_everyones(company: Company) -> None:
    world, tess = company.world, company.tester
    entry, hers = await world.entry("10:00", "11:00"), await world.entry("10:00", "11:00", who=tess)
    everyone = {"user_id": "*", "start_date": "2024-03-05T10:30:00Z"}

    async def listed(who: Person, query: dict[str, str]) -> set[str]:
        entries = (await who.get("time-entries", query)).ok()
        page = (await who.get("time-entries/paginated", {**query, "length": "50"})).ok()
        assert page == {"records_total": len(entries), "data": entries}
        return {one["id"] for one in entries}

    # Both reach into this range, and both start within the whole day.
    for start in ("2024-03-05T10:30:00Z", "2024-03-05T00:00:00Z"):
        everyone["start_date"] = start
        assert await listed(world.admin, everyone) == {entry["id"]}
        assert await listed(tess, everyone) == {entry["id"], hers["id"]}
        assert await listed(world.admin, {**everyone, "user_id": company.tess["id"]}) == {hers["id"]}


async def test_the_list_may_be_limited_to_a_domain(
    cosmos_account: CosmosAccount, http: aiohttp.ClientSession, directory_file: Path
) -> None:
    more = {"DIRECTORY_FILE": str(directory_file), "USERS_EMAIL_DOMAIN": "@Example.com"}
    async with application(cosmos_account, **more) as served:
        world = await make_world(http, served)
        users = [
            DirectoryUser(str(uuid4()), world.tenant_id, name, email)
            for name, email in (("A", "a@EXAMPLE.com"), ("B", "b@sub.example.com"), ("C", "example.com"), ("D", ""))
        ]
        await FileDirectory(str(directory_file)).add(users)

        assert [user["name"] for user in (await world.user.get("users")).ok()] == ["A"]
        assert (await world.user.get(f"users/{users[1].id}")).ok()["name"] == "B"


async def test_without_a_directory_there_is_only_oneself(
    cosmos_account: CosmosAccount, http: aiohttp.ClientSession
) -> None:
    async with application(cosmos_account, DIRECTORY_FILE="") as served:
        world = await make_world(http, served)
        admin = world.admin

        assert (await admin.get("users")).ok() == []
        assert (await admin.get(f"users/{admin.user_id}")).ok()["email"] == admin.email
        (await admin.get(f"users/{world.user.user_id}")).refused(404)
        url = f"{admin.url}/api/users/{admin.user_id}/roles/test/grant"
        async with http.post(url, headers={"Authorization": f"Bearer {admin.token}"}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (503, "not_configured")
            assert answer.headers["Retry-After"]
