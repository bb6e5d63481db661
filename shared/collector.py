"""The garbage collector, which is spared what is imported."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def imported_to_stay() -> Iterator[None]:
    """Import in this block what stays for the life of the process.

    Collection during imports would take a tenth of a cold start, since it looks again and again through what has been
    imported so far. So it is paused, and later runs don't look through what there is at the block's end.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
