"""`python -m local` (`make run`): the embedded database and the Functions host together, ready to use."""

import signal
import sys


def main() -> int:
    # Until the event loop listens for signals, Ctrl-C should end this without a traceback; the imports take a while.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from local.host.program import run  # noqa: PLC0415
    from local.laptop import start  # noqa: PLC0415

    return run(start)


if __name__ == "__main__":
    sys.exit(main())
