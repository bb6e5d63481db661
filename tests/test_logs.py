"""The correlation id: the caller's trace id, or a new one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.logs import correlation_id_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_trace_of_the_caller_is_kept() -> None:
    assert correlation_id_of({"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}) == TRACE


@pytest.mark.parametrize(
    "header",
    [
        "",
        TRACE,
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
        f"00-{TRACE[:-1]}-00f067aa0ba902b7-01",
        f"00-{TRACE}-00f067aa0ba902b7",
        "00-<script>-00f067aa0ba902b7-01",
    ],
)
def test_anything_else_gets_a_new_id(header: str) -> None:
    one, other = (correlation_id_of({"traceparent": header}) for _ in range(2))

    assert one != other
    assert TRACE not in {one, other}


@given(st.dictionaries(st.just("traceparent"), st.text()))
def test_an_id_is_always_32_hexadecimal_digits(headers: dict[str, str]) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", correlation_id_of(headers))
