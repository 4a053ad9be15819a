"""Settings of all tests."""

from hypothesis import settings

# How long an example takes says more of the machine, and what else it does, than of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
