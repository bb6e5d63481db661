"""ETags and If-Match."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ApiError
from shared.http.etags import Precondition, etag_of, names

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


@pytest.mark.parametrize("header", ['"other"', "x", '"a", "b"', '"*"', 'W/"other-gzip"', '"", W/""'])
def test_anything_else_does_not(header: str) -> None:
    assert not passes(header.format(etag_of(ITEM)), ITEM)


# What a proxy answers in place of the tag ABC where it compresses, and so is sent back by the client.
PROXIES = {
    "nginx 1.22, HAProxy 2.6, Varnish 7.1": 'W/"ABC"',
    "Apache 2.4 with mod_deflate": '"ABC-gzip"',
    "Apache 2.4 with mod_brotli": '"ABC-br"',
    "Apache 2.4, of a weak tag": 'W/"ABC-gzip"',
    "Caddy 2.6, Squid 5.7": '"ABC"',
    "two proxies": 'W/"ABC-gzip-br"',
    "a list": '"other-gzip", W/"ABC"',
}


@pytest.mark.parametrize("form", PROXIES.values(), ids=PROXIES)
def test_the_tag_counts_in_the_forms_that_proxies_give_it(form: str) -> None:
    tag = etag_of(ITEM).strip('"')

    assert passes(form.replace("ABC", tag), ITEM)
    assert not passes(form.replace("ABC", tag), {**ITEM, "name": "b"})
    for part in (tag[:-1], tag[1:], "0" * len(tag)):
        assert not passes(form.replace("ABC", part), ITEM)


@pytest.mark.parametrize("etag", ['"abc"', 'W/"abc"'])
def test_if_none_match_is_read_the_same_way(etag: str) -> None:
    assert all(names(form.replace("ABC", "abc"), etag) for form in [*PROXIES.values(), "*", " * "])
    assert not any(names(form, etag) for form in ["", '"ab"', '"xabc"', "abc", '"*"'])


def test_a_changed_item_no_longer_matches() -> None:
    assert not passes(etag_of(ITEM), {**ITEM, "name": "b"})
