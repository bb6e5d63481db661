"""The change feed: the latest version of what changed, in order, from any point, with nothing skipped."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from embedded_cosmos.tests.conftest import HIERARCHICAL_KEY, NewContainer
from embedded_cosmos.tests.sdk import done, ids, listed, page_of


async def changes(container: Any, **options: Any) -> tuple[list[str], str]:
    """All there is now, and the continuation behind it."""
    headers: dict[str, str] = {}
    hook = {"response_hook": lambda given, _: headers.update(given)}
    found = ids(await listed(container.query_items_change_feed(**options, **hook)))
    return found, container.client_connection.last_response_headers["etag"]


async def write(container: Any, *names: str, key: str = "p") -> None:
    for name in names:
        await done(container.upsert_item({"id": name, "pk": key}))


async def test_from_the_beginning_in_the_order_of_the_last_change(container: Any) -> None:
    await write(container, "1", "2", "3", "1")
    assert (await changes(container, start_time="Beginning"))[0] == ["2", "3", "1"]


async def test_from_now_only_what_comes_after(container: Any) -> None:
    await write(container, "1")
    found, continuation = await changes(container, start_time="Now")
    assert found == []
    await write(container, "2")
    assert (await changes(container, continuation=continuation))[0] == ["2"]


async def test_from_a_time_what_changed_since(container: Any) -> None:
    await write(container, "1")
    since = datetime.now(UTC) - timedelta(hours=1)
    assert (await changes(container, start_time=since))[0] == ["1"]
    found, continuation = await changes(container, start_time=datetime.now(UTC) + timedelta(hours=1))
    assert found == []
    assert continuation


async def test_from_a_continuation_only_what_is_new_and_what_changed_again(container: Any) -> None:
    await write(container, "1", "2")
    found, continuation = await changes(container, start_time="Beginning")
    assert found == ["1", "2"]
    assert (await changes(container, continuation=continuation))[0] == []
    await write(container, "3", "1")
    found, later = await changes(container, continuation=continuation)
    assert found == ["3", "1"]
    assert (await changes(container, continuation=continuation))[0] == ["3", "1"]
    assert (await changes(container, continuation=later))[0] == []


async def test_a_deleted_item_is_absent(container: Any) -> None:
    await write(container, "1", "2")
    await done(container.delete_item("1", "p"))
    assert (await changes(container, start_time="Beginning"))[0] == ["2"]


async def test_by_partition_key_only_what_belongs_to_it(container: Any) -> None:
    await write(container, "1", key="p")
    await write(container, "2", key="q")
    found, continuation = await changes(container, start_time="Beginning", partition_key="q")
    assert found == ["2"]
    await write(container, "3", key="p")
    await write(container, "4", key="q")
    assert (await changes(container, continuation=continuation))[0] == ["4"]


async def test_by_a_prefix_of_a_hierarchical_key(new_container: NewContainer) -> None:
    container = await new_container(HIERARCHICAL_KEY)
    for tenant, owner in (("t", "a"), ("t", "b"), ("u", "a")):
        await done(container.create_item({"id": tenant + owner, "tenant": tenant, "owner": owner}))
    assert (await changes(container, start_time="Beginning", partition_key=["t"]))[0] == ["ta", "tb"]
    assert (await changes(container, start_time="Beginning", partition_key=["t", "b"]))[0] == ["tb"]


async def test_by_feed_range_every_change_comes_from_just_one(wide_container: Any) -> None:
    names = [f"{number}" for number in range(60)]
    for name in names:
        await done(wide_container.create_item({"id": name, "tenant": name, "owner": "o"}))
    ranges = await listed(wide_container.read_feed_ranges())
    assert len(ranges) == 3
    parts = [(await changes(wide_container, start_time="Beginning", feed_range=part))[0] for part in ranges]
    assert all(parts)
    assert sorted(name for part in parts for name in part) == sorted(names)
    assert sorted((await changes(wide_container, start_time="Beginning"))[0]) == sorted(names)


async def test_the_whole_of_a_wide_container_goes_on_where_it_stopped(wide_container: Any) -> None:
    for number in range(30):
        await done(wide_container.create_item({"id": f"{number}", "tenant": f"{number}", "owner": "o"}))
    _, continuation = await changes(wide_container, start_time="Beginning")
    for number in (3, 40):
        await done(wide_container.upsert_item({"id": f"{number}", "tenant": f"{number}", "owner": "o"}))
    assert sorted((await changes(wide_container, continuation=continuation))[0]) == ["3", "40"]


async def test_by_pages_a_change_between_two_comes_once_more_later(container: Any) -> None:
    await write(container, "1", "2", "3", "4")
    pages = container.query_items_change_feed(start_time="Beginning", max_item_count=2).by_page()
    assert ids(await page_of(pages)) == ["1", "2"]
    await write(container, "1", "3")
    assert ids(await page_of(pages)) == ["4", "1"]
    assert ids(await page_of(pages)) == ["3"]


async def test_the_old_continuation_is_a_number_and_goes_on(container: Any) -> None:
    await write(container, "1")
    newest = container.client_connection.last_response_headers["lsn"]
    await write(container, "2")
    feed = container.query_items_change_feed(continuation=f'"{newest}"')
    assert ids(await listed(feed)) == ["2"]


async def test_several_readers_do_not_disturb_one_another(container: Any) -> None:
    await write(container, "1")
    first = await changes(container, start_time="Beginning")
    second = await changes(container, start_time="Now")
    await write(container, "2")
    assert (await changes(container, continuation=first[1]))[0] == ["2"]
    assert (await changes(container, continuation=second[1]))[0] == ["2"]


async def test_nothing_is_skipped_while_many_write(cosmos_account: Any, database_name: str, container: Any) -> None:
    """Several writers overtake one another; a reader that only ever goes forward must see every item's last version."""
    from azure.cosmos.aio import CosmosClient  # noqa: PLC0415 - the writers are async, whatever the reader is

    async with CosmosClient(cosmos_account.endpoint, cosmos_account.key) as client:
        writing = client.get_database_client(database_name).get_container_client(container.id)

        async def writer(name: int) -> None:
            for step in range(40):
                await writing.upsert_item({"id": f"{name}-{step % 5}", "pk": f"{name}", "step": step})

        async def reader() -> dict[str, int]:
            seen: dict[str, int] = {}
            options: dict[str, Any] = {"start_time": "Beginning"}
            while True:
                finished = all(task.done() for task in writers)
                feed = writing.query_items_change_feed(**options, max_item_count=7)
                async for item in feed:
                    assert item["step"] > seen.get(item["id"], -1)
                    seen[item["id"]] = item["step"]
                options = {"continuation": writing.client_connection.last_response_headers["etag"]}
                if finished:
                    return seen

        writers = [asyncio.create_task(writer(name)) for name in range(6)]
        seen = await reader()
        await asyncio.gather(*writers)
    assert seen == {f"{name}-{slot}": 35 + slot for name in range(6) for slot in range(5)}
