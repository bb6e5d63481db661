"""A change feed that lags says so, once a batch, by the age of the newest event in it."""

import logging
from typing import Any
from uuid import uuid4

import pytest

from shared import instants
from shared.auth.caller import Caller
from shared.events.delivery import LATE_SECONDS, deliver
from shared.events.outbox import outbox_document, stamped
from tests.application import Application

LATE = "change_feed_customer customer delivered late: the newest of its events had waited for"


def written(seconds_ago: int) -> dict[str, Any]:
    """What the feed shows of a customer's creation so long ago."""
    now, caller = instants.now(), Caller(str(uuid4()), str(uuid4()))
    customer = {"id": str(uuid4()), "tenant_id": caller.tenant_id, "name": "A"}
    outbox = outbox_document(None, stamped(customer, caller, "customer", "create", "Create customer"), now)
    return {**outbox, "_ts": int(now.timestamp()) - seconds_ago}


async def told(caplog: pytest.LogCaptureFixture, *documents: dict[str, Any]) -> list[str]:
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        await deliver("change_feed_customer", "customer", documents)
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


async def test_a_feed_that_lags_says_for_how_long(app: Application, caplog: pytest.LogCaptureFixture) -> None:
    del app
    (line,) = await told(caplog, written(LATE_SECONDS + 60), written(LATE_SECONDS + 3600))

    assert line.startswith(f"{LATE} 36")


async def test_one_that_is_up_to_date_says_nothing(app: Application, caplog: pytest.LogCaptureFixture) -> None:
    del app
    assert await told(caplog, written(0), written(LATE_SECONDS + 3600)) == []
    assert await told(caplog, {"id": "an item", "_ts": 1}) == []
    assert await told(caplog) == []
