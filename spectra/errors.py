"""What a person did wrong, in one sentence a person can act on."""


class DataError(ValueError):
    """The data cannot be used as given: the message says what is wrong, where, and what to try."""
