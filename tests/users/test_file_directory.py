"""The directory in a local file."""

import asyncio
import json
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from shared.auth.caller import ADMIN, TESTER
from shared.errors import ApiError
from shared.users.file_directory import FileDirectory
from shared.users.rules import DirectoryUser, RoleChange

TENANT = str(uuid4())
PROJECT = Path(__file__).parents[2]


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

    assert found == DirectoryUser(user_id.lower(), TENANT, roles=(TESTER,))


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
    assert {file.name for file in path.parent.iterdir()} == {path.name, f"{path.name}.lock"}


GRANTING = """
import asyncio, sys
from shared.users.file_directory import FileDirectory
from shared.users.rules import RoleChange

def granted(user_id):
    return RoleChange(user_id, "roles", "time-tracker-admin", granted=True)

async def main():
    path, tenant_id, *user_ids = sys.argv[1:]
    directory = FileDirectory(path)
    users = [(await directory.all_users(tenant_id))[user_id] for user_id in user_ids]
    await asyncio.gather(*(directory.change(user, granted(user.id)) for user in users))

asyncio.run(main())
"""


async def test_no_grant_is_lost_where_processes_share_the_file(path: Path) -> None:
    users = [somebody() for _ in range(60)]
    await FileDirectory(str(path)).add(users)

    async def grant(some: list[DirectoryUser]) -> int:
        arguments = (sys.executable, "-c", GRANTING, str(path), TENANT, *(user.id for user in some))
        return await (await asyncio.create_subprocess_exec(*arguments, cwd=PROJECT)).wait()

    assert not any(await asyncio.gather(grant(users[:20]), grant(users[20:40]), grant(users[40:])))

    granted = [user for user in (await FileDirectory(str(path)).all_users(TENANT)).values() if user.roles == (ADMIN,)]
    assert len(granted) == len(users)


async def test_a_change_that_is_cancelled_leaves_the_file_whole_and_free(path: Path) -> None:
    directory, users = FileDirectory(str(path)), [somebody() for _ in range(20)]
    await directory.add(users)

    tasks = [
        asyncio.create_task(directory.change(user, RoleChange(user.id, "roles", ADMIN, granted=True))) for user in users
    ]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    found = await directory.all_users(TENANT)
    assert all(found[user.key].roles == (ADMIN,) for user in users[1::2])
