"""ETags and If-Match."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ApiError
from shared.http.etags import Precondition, etag_of

ITEM = {"id": "1", "name": "a", "count": 1, "_etag": "x"}
plain = st.dictionaries(
    st.text(st.characters(exclude_characters="_"), max_size=5), st.none() | st.integers() | st.text()
)


def passes(header: str, item: dict[str, Any]) -> bool:
    try:
        Precondition.of({"if-match": header}).check(item)
    except ApiError as error:
        assert error.status == 412  # noqa: PT017 - only one of the two ways
        return False
    return True


@given(plain)
def test_the_tag_is_of_the_items_own_fields_whatever_their_order(item: dict[str, Any]) -> None:
    backwards = dict(reversed(item.items()))

    assert etag_of(item) == etag_of({**backwards, "_etag": "1", "_ts": 2, "_last_event_ctx": {}})
    assert etag_of(item) == etag_of(json.loads(json.dumps(item)))


@given(plain, plain)
def test_different_items_bear_different_tags(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (etag_of(one) == etag_of(other)) == (one == other)


def test_the_tag_is_a_strong_entity_tag() -> None:
    tag = etag_of(ITEM)

    assert tag[0] == tag[-1] == '"'
    assert tag[1:-1].isalnum()


def test_without_the_header_there_is_no_condition() -> None:
    Precondition.of({}).check(ITEM)


@pytest.mark.parametrize("header", ["{}", "*", ' {} , "other"', '"other",{}', "  {}  "])
def test_the_items_tag_and_a_star_match(header: str) -> None:
    assert passes(header.format(etag_of(ITEM)), ITEM)


@pytest.mark.parametrize("header", ['"other"', "W/{}", "x", '"a", "b"', '"*"'])
def test_anything_else_does_not(header: str) -> None:
    assert not passes(header.format(etag_of(ITEM)), ITEM)


def test_a_changed_item_no_longer_matches() -> None:
    assert not passes(etag_of(ITEM), {**ITEM, "name": "b"})
