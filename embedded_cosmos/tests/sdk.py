"""One way to write a test for both SDKs: what they return is awaited, or iterated, as each needs it."""

import inspect
from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure.cosmos.exceptions import CosmosHttpResponseError


async def done(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


async def listed(pages: Any) -> list[Any]:
    if hasattr(pages, "__aiter__"):
        return [item async for item in pages]
    return list(pages)


async def page_of(pages: Any) -> list[Any]:
    """The next page of a `by_page` iterator."""
    if hasattr(pages, "__anext__"):
        return await listed(await anext(pages))
    return list(next(pages))


async def all_pages(pages: Any) -> AsyncIterator[list[Any]]:
    if hasattr(pages, "__aiter__"):
        async for page in pages:
            yield await listed(page)
    else:
        for page in pages:
            yield list(page)


async def query(container: Any, text: str, **options: Any) -> list[Any]:
    return await listed(query_pages(container, text, **options))


def query_pages(container: Any, text: str, **options: Any) -> Any:
    """The sync SDK wants to be told that a query may span partitions; the async one assumes it."""
    parameters = [{"name": f"@{name}", "value": value} for name, value in options.pop("values", {}).items()]
    if "partition_key" not in options and "feed_range" not in options and not is_async(container):
        options["enable_cross_partition_query"] = True
    return container.query_items(text, parameters=parameters, **options)


def is_async(proxy: Any) -> bool:
    return ".aio." in type(proxy).__module__


def ids(items: list[Any]) -> list[str]:
    return [item["id"] for item in items]


async def refused(result: Any) -> CosmosHttpResponseError:
    """The error that a call ends in; give it as a lambda, for the sync SDK fails at once."""
    with pytest.raises(CosmosHttpResponseError) as caught:
        await done(result())
    return caught.value


async def status_of(result: Any) -> int | None:
    return (await refused(result)).status_code
