"""Settings of all tests."""

from hypothesis import settings

# How long an example takes says more of the machine, and what else it does, than of the code.
# Examples are the same in every run, so that a commit passes or fails wherever it is tested;
# `make explore` draws others.
settings.register_profile("tests", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=500)
settings.load_profile("tests")
