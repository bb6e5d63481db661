"""Running the command line within the tests' process."""

import os
from pathlib import Path

from click.testing import CliRunner, Result

from cli import cli


def run(*arguments: str | Path) -> Result:
    """The result of `python cli.py` with these arguments; the environment stays as it was."""
    environment = dict(os.environ)
    try:
        return CliRunner().invoke(cli, [str(argument) for argument in arguments])
    finally:
        # The command line puts the settings of a laptop there, for a process of its own.
        os.environ.clear()
        os.environ.update(environment)
