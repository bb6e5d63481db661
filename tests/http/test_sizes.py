"""What is far too large is refused before anybody looks into it, in every field of every resource."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import Schema, ValidationError

from functions.http_trigger import HTTP_FUNCTIONS
from shared.http.dispatch import MAX_BODY_BYTES, MOST_COMPLAINTS
from tests.world import World

JSON = {"Content-Type": "application/json"}
# Each fits into a body.
HUGE = {
    "numbers": [1] * 500_000,
    "words": ["a"] * 200_000,
    "lists": [[]] * 300_000,
    "an object": {str(number): number for number in range(60_000)},
    "text": "x" * 1_000_000,
    "text in another script": "ж" * 500_000,
    "combining characters": "\u0301\u0316" * 250_000,
}


def fields() -> Iterator[tuple[str, type[Schema], str]]:
    for function in HTTP_FUNCTIONS:
        for route in function.routes.all:
            if route.body:
                for name in route.body.fields:
                    yield f"{route.operation_id} {name}", type(route.body), name


FIELDS = list(fields())


def refused(schema: type[Schema], body: dict[str, Any]) -> tuple[float, str]:
    """How much processor time it took to refuse a body, in seconds, and what was said."""
    started = time.process_time()
    with pytest.raises(ValidationError) as error:
        schema(partial=True).load(body)
    return time.process_time() - started, str(error.value.messages)


@pytest.mark.parametrize(
    ("schema", "field"), [(schema, field) for _, schema, field in FIELDS], ids=[f[0] for f in FIELDS]
)
def test_no_field_is_worth_work_when_it_is_far_too_large(schema: type[Schema], field: str) -> None:
    for what, value in HUGE.items():
        refusals = [refused(schema, {field: value}) for _ in range(3)]

        # The fastest: the others may have met the garbage collector.
        assert min(seconds for seconds, _ in refusals) < 0.05, what
        assert all(len(complaint) < 500 for _, complaint in refusals), what


def test_unknown_fields_cost_next_to_nothing() -> None:
    (schema,) = {schema for name, schema, _ in FIELDS if name == "create-customer name"}
    many = {str(number): number for number in range(100_000)}
    started = time.process_time()

    assert schema().load({"name": "a", **many})["name"] == "a"

    assert time.process_time() - started < 0.1


async def test_half_a_million_numbers_are_refused_with_one_complaint(world: World) -> None:
    body = json.dumps({**world.references, "technologies": HUGE["numbers"]}, separators=(",", ":"))

    answer = await world.user.call("POST", "time-entries", data=body.encode(), headers=JSON)

    assert answer.refused(400, "validation_failed")["errors"] == {"technologies": ["Longer than maximum length 100."]}


async def test_at_most_twenty_complaints_are_made(world: World) -> None:
    answer = await world.user.post("time-entries", {"technologies": [7] * 100, "uri": 7, "description": 7})

    errors = answer.refused(400, "validation_failed")["errors"]
    assert sum(map(len, errors.values())) == MOST_COMPLAINTS


def test_what_is_huge_fits_into_a_body() -> None:
    """Otherwise it would be refused with 413, and hold nothing here."""
    assert all(len(str(value).replace(" ", "").encode()) < MAX_BODY_BYTES * 1.1 for value in HUGE.values())
