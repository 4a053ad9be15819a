"""The program `spectra`, which can be interrupted from its first moment."""

import os
import signal
import sys
import warnings
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
    if not sys.warnoptions:
        # They speak to programmers, and of lines of code.
        warnings.simplefilter("ignore")
    try:
        commands(prog_name="spectra")
    except SystemExit as end:
        if end.code == INTERRUPTED:
            # The interpreter may end itself by the signal instead, if it interrupted an import.
            os._exit(INTERRUPTED)
        raise
    finally:
        # All is done and written: the end of the interpreter is not interrupted.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _stop(_number: int, _frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
