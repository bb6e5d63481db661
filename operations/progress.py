"""Shows how many documents of each kind a command has processed. The total is not known in advance."""

import sys
import time
from collections import Counter
from types import TracebackType
from typing import Self

import click

SECONDS_ON_A_TERMINAL = 0.1
SECONDS_IN_A_LOG = 60
START_OF_LINE = "\r\x1b[K"


class Progress:
    """Writes to stderr: on a terminal one line that is redrawn, in a log one line a minute, and the totals at the end.

    `place` is where an interrupted run can be continued, for commands that support it.
    """

    def __init__(self, place_is: str = "") -> None:
        self._place_is = place_is
        self._done: Counter[str] = Counter()
        self._place = ""
        self._is_terminal = sys.stderr.isatty()
        self._told_at = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if not error:
            self._place = ""
        self._clear()
        if self._done or not error:
            click.echo(self._line(), err=True)

    def __call__(self, kind: str, place: str = "", *, count: int = 1) -> None:
        """Count one more processed document, or `count` of them."""
        self._done[kind] += count
        self._place = place
        if time.monotonic() >= self._told_at + (SECONDS_ON_A_TERMINAL if self._is_terminal else SECONDS_IN_A_LOG):
            self._told_at = time.monotonic()
            self._clear()
            click.echo(self._line(), nl=not self._is_terminal, err=True)

    def say(self, line: str) -> None:
        """Print a result without writing into the line on the terminal."""
        self._clear()
        click.echo(line)

    def _clear(self) -> None:
        if self._is_terminal:
            click.echo(START_OF_LINE, nl=False, err=True)

    def _line(self) -> str:
        counts = ", ".join(f"{kind} {count}" for kind, count in self._done.items()) or "Nothing was found."
        return f"{counts}; {self._place_is} {self._place}" if self._place else counts
