"""The error for data that cannot be used."""

from spectra.text import line, well_formed


class DataError(ValueError):
    """Error in data given by a user.

    The message is one sentence: it says what is wrong, where, and what to try. Names in it may come
    from files, so it is printable and on one line.
    """

    def __init__(self, message: str) -> None:
        super().__init__(line(well_formed(message)))


class NeedsMemoryError(DataError):
    """Error for what is done with a recording in memory alone, and this one lies in files."""


class SeveralSeriesError(DataError):
    """Error for a file of several series where one is read; `told` says so without a remedy."""

    def __init__(self, told: str, remedy: str = "") -> None:
        # Another process makes the error again from its message alone.
        super().__init__(f"{told}: {remedy}" if remedy else told)
        self.told = told
