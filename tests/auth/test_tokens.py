"""A token taken apart without a look at its signature: what PyJWT reads out of it, without PyJWT."""

import json
import time
from base64 import urlsafe_b64encode
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.auth.tokens import unverified_claims
from shared.errors import ApiError

NOW = int(time.time())
IN_TIME_ONLY: Any = {"verify_signature": False, "verify_exp": True, "verify_nbf": True}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
# Far enough from the bounds: two clocks are read, one after the other.
times = st.sampled_from([NOW - 10**6, NOW - 90, NOW - 30, NOW + 30, NOW + 200, NOW + 10**6, -1, 0, float("inf"), "1"])
claims = st.fixed_dictionaries({"name": values}, optional={"exp": times | values, "nbf": times | values})


def part(content: Any) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def by_pyjwt(token: str) -> dict[str, Any] | str:
    try:
        return jwt.decode(token, options=IN_TIME_ONLY, leeway=60)
    except jwt.ExpiredSignatureError:
        return "token_expired"
    except jwt.ImmatureSignatureError:
        return "token_not_yet_valid"
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, RecursionError):
        return "token_invalid"


def by_us(token: str) -> dict[str, Any] | str:
    try:
        return unverified_claims(token)
    except ApiError as error:
        return error.code


@given(claims)
def test_the_claims_are_those_that_pyjwt_reads(content: dict[str, Any]) -> None:
    token = f"{part({'alg': 'none'})}.{part(content)}."

    assert by_us(token) == by_pyjwt(token)


@given(st.text(max_size=40) | st.lists(values.map(part), min_size=1, max_size=5).map(".".join))
def test_what_pyjwt_refuses_is_refused(token: str) -> None:
    if isinstance(expected := by_pyjwt(token), str):
        assert by_us(token) == expected


@pytest.mark.parametrize("depth", [10, 100_000])
def test_a_token_of_any_depth_is_answered(depth: int) -> None:
    payload = urlsafe_b64encode(b"[" * depth).decode().rstrip("=")

    assert by_us(f"{part({})}.{payload}.") == "token_invalid"


def test_a_refusal_is_401() -> None:
    with pytest.raises(ApiError) as raised:
        unverified_claims("x.y.z")

    assert raised.value.status == 401


def test_the_signature_is_not_looked_at() -> None:
    token = jwt.encode({"name": "Ada"}, "a key that nobody knows, of a good length", algorithm="HS256")

    assert by_us(token) == by_us(token + "x") == {"name": "Ada"}
