"""The error for data that cannot be used."""


class DataError(ValueError):
    """Error in data given by a user.

    The message is one sentence: it says what is wrong, where, and what to try.
    """
