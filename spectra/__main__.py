"""The program `spectra`, which can be interrupted from its first moment."""

import os
import signal
from types import FrameType

INTERRUPTED = 130


def main() -> None:
    """Run the command line."""
    # It is ignored by what runs in the background of a script.
    handler = signal.getsignal(signal.SIGINT)
    if handler is not signal.SIG_IGN:
        # While modules are imported there is nothing to clean up.
        signal.signal(signal.SIGINT, _stop)
    from spectra.cli import main as commands

    signal.signal(signal.SIGINT, handler)
    commands(prog_name="spectra")


def _stop(_number: int, _frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
