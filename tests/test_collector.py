"""Imports go on without the garbage collector, which works again afterwards."""

import gc
from collections.abc import Iterator

import pytest

from shared.collector import imported_to_stay


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    """Leaves the collector as it usually is."""
    gc.enable()
    yield
    gc.enable()
    gc.unfreeze()


def test_nothing_is_collected_meanwhile_and_what_there_is_stays() -> None:
    gc.unfreeze()
    with imported_to_stay():
        assert not gc.isenabled()

    assert gc.isenabled()
    assert gc.get_freeze_count() > 10_000


def test_a_failed_import_leaves_the_collector_working() -> None:
    with pytest.raises(ImportError), imported_to_stay():
        raise ImportError("there is no such module")

    assert gc.isenabled()


def test_a_collector_that_was_switched_off_stays_off() -> None:
    gc.disable()
    with imported_to_stay():
        pass

    assert not gc.isenabled()
