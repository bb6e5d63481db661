"""Warnings that would repeat at every call: each is said once in a while."""

import logging
import time

WHILE_SECONDS = 600.0
# What is warned of is named in settings and in a flag store: few names. More than this and the oldest may come again.
MOST_REMEMBERED = 1000


class SparingLog:
    """Says a warning about a subject unless it has lately warned of that subject."""

    def __init__(self, log: logging.Logger, *, while_seconds: float = WHILE_SECONDS) -> None:
        self._log = log
        self._while_seconds = while_seconds
        self._said_at: dict[str, float] = {}

    def warning(self, subject: str, message: str, *args: object) -> None:
        now = time.monotonic()
        if now - self._said_at.get(subject, float("-inf")) < self._while_seconds:
            return
        if len(self._said_at) >= MOST_REMEMBERED:
            self._said_at.pop(next(iter(self._said_at)))
        self._said_at[subject] = now
        self._log.warning(message, *args)
