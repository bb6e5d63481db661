"""The directory in a local file."""

import asyncio
import json
from pathlib import Path
from uuid import uuid4

import pytest

from shared.auth.caller import ADMIN, TESTER
from shared.errors import ApiError
from shared.users.file_directory import FileDirectory
from shared.users.rules import DirectoryUser, RoleChange

TENANT = str(uuid4())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "below" / "directory.json"


def somebody(tenant_id: str = TENANT) -> DirectoryUser:
    return DirectoryUser(str(uuid4()), tenant_id, "Zoë", "zoe@example.com")


def write(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


async def test_a_missing_file_is_an_empty_directory_until_it_is_written(path: Path) -> None:
    directory, user = FileDirectory(str(path)), somebody()
    assert await directory.all_users(TENANT) == {}

    await directory.add([user])

    assert await FileDirectory(str(path)).all_users(TENANT) == {user.id: user}


async def test_who_is_there_already_is_not_added_again(path: Path) -> None:
    directory, user = FileDirectory(str(path)), somebody()
    await directory.add([user])
    await directory.change(user, RoleChange(user.id, "roles", ADMIN, granted=True))
    await directory.add([user, somebody(str(uuid4()))])

    found = await directory.user(TENANT, user.id)
    assert found
    assert found.roles == (ADMIN,)
    assert len(await directory.all_users(TENANT)) == 1


async def test_one_id_in_two_tenants_is_two_users(path: Path) -> None:
    directory, user = FileDirectory(str(path)), somebody()
    twin = DirectoryUser(user.id, str(uuid4()), "Twin")
    await directory.add([user, twin])
    await directory.change(twin, RoleChange(user.id, "groups", TESTER, granted=True))

    assert await directory.user(TENANT, user.id) == user


async def test_a_file_written_by_hand_may_leave_things_out(path: Path) -> None:
    user_id = str(uuid4()).upper()
    user = {"id": user_id, "tenant_id": TENANT, "roles": [TESTER, "chief", TESTER], "name": None}
    write(path, json.dumps({"users": [user]}))

    found = await FileDirectory(str(path)).user(TENANT.upper(), user_id.lower())

    assert found == DirectoryUser(user_id, TENANT, roles=(TESTER,))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"users": [{}]}', '{"users": [1]}', '{"users": 1}', "\0"])
async def test_a_file_that_cannot_be_read_is_left_alone(path: Path, text: str) -> None:
    write(path, text)
    directory = FileDirectory(str(path))

    assert await directory.known_users(TENANT) == {}
    with pytest.raises(ApiError) as refused:
        await directory.add([somebody()])
    assert refused.value.status == 503
    assert read(path) == text


async def test_a_folder_that_cannot_be_written_is_no_internal_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ApiError) as refused:
        await FileDirectory(str(tmp_path / "file" / "directory.json")).add([somebody()])
    assert refused.value.status == 503


async def test_readers_never_see_half_a_file(path: Path) -> None:
    writer, reader = FileDirectory(str(path)), FileDirectory(str(path))
    users = [somebody() for _ in range(50)]
    await writer.add(users)

    async def write() -> None:
        for user in users:
            await writer.change(user, RoleChange(user.id, "roles", ADMIN, granted=True))

    writing = asyncio.create_task(write())
    while not writing.done():
        assert len(await reader.all_users(TENANT)) == 50
    await writing

    assert all(user.roles == (ADMIN,) for user in (await reader.all_users(TENANT)).values())
    assert [file.name for file in path.parent.iterdir()] == [path.name]
