"""What several tests of the command line's work need."""

from uuid import uuid4

import pytest


@pytest.fixture
def secret() -> str:
    """Personal text that stands nowhere else."""
    return f"Dentist {uuid4()}"
