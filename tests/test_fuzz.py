"""A short form of `make fuzz`: the same inputs each time."""

from pathlib import Path

import pytest

from fuzz import TARGETS, fuzz


@pytest.mark.parametrize("first", range(len(TARGETS)), ids=[target.__name__ for target in TARGETS])
def test_inputs_that_make_no_sense_are_refused_in_one_sentence(tmp_path: Path, first: int) -> None:
    for seed in range(first, 30 * len(TARGETS), len(TARGETS)):
        fuzz(seed, tmp_path)
