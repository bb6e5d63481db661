"""The ids of a request, and warnings that wait for an invocation."""

import logging
import re
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import logs
from shared.logs import SparingLog, begin_request, correlation_id, log_what_waits, trace_id, traceparent

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(autouse=True)
def no_request_afterwards() -> Iterator[None]:
    log_what_waits()
    yield
    correlation_id.set("")
    trace_id.set("")


def test_a_trace_of_the_caller_stands_beside_an_id_of_our_own() -> None:
    begin_request({"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})

    assert trace_id.get() == TRACE
    assert re.fullmatch(r"[0-9a-f]{32}", correlation_id.get())
    assert correlation_id.get() != TRACE
    assert traceparent()["traceparent"].startswith(f"00-{TRACE}-")


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
def test_what_is_no_trace_is_none(header: str) -> None:
    begin_request({"traceparent": header})

    assert trace_id.get() == ""
    assert traceparent()["traceparent"].startswith(f"00-{correlation_id.get()}-")


@given(st.dictionaries(st.just("traceparent"), st.text()))
def test_every_request_has_an_id_of_its_own(headers: dict[str, str]) -> None:
    begin_request(headers)
    before = correlation_id.get()
    begin_request(headers)

    assert re.fullmatch(r"[0-9a-f]{32}", before)
    assert correlation_id.get() != before


def test_a_line_holds_both_ids(caplog: pytest.LogCaptureFixture) -> None:
    begin_request({"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})

    logs.logger("some.module").warning("hello %s", "you")

    (record,) = caplog.records
    assert record.getMessage() == f"hello you [{correlation_id.get()} {TRACE}]"
    assert (record.__dict__["correlation_id"], record.__dict__["trace_id"]) == (correlation_id.get(), TRACE)


def test_a_warning_of_the_background_waits_for_an_invocation(caplog: pytest.LogCaptureFixture) -> None:
    log = SparingLog("some.module")
    log.warn_about("flags", "the %s can't be read", "flags")
    assert caplog.records == []

    log_what_waits()
    log_what_waits()

    (record,) = caplog.records
    assert (record.name, record.levelno, record.getMessage()) == (
        "some.module",
        logging.WARNING,
        "the flags can't be read",
    )


def test_a_warning_is_repeated_after_a_while(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    log = SparingLog("some.module")
    for seconds in (0, 1, logs.REPEATED_AFTER_SECONDS):
        clock[0] += seconds
        for subject in ("a", "b"):
            log.warn_about(subject, "%s is wrong", subject)

    log_what_waits()

    assert [record.getMessage() for record in caplog.records] == ["a is wrong", "b is wrong"] * 2
