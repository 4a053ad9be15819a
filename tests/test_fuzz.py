"""A short form of `make fuzz`: the same inputs each time."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

import fuzz

TARGETS = tuple(dict.fromkeys(fuzz.TARGETS))


@pytest.mark.parametrize("target", TARGETS, ids=[target.__name__ for target in TARGETS])
def test_inputs_that_make_no_sense_are_refused_in_one_sentence(
    tmp_path: Path, target: object
) -> None:
    # HDF5 is read in a process of its own.
    for seed in range(20 if target is fuzz.read_hdf5 else 60):
        fuzz.fuzz(seed, tmp_path, (target,))


def test_a_process_that_ends_and_an_error_are_found() -> None:
    def odd(_folder: Path, rng: np.random.Generator) -> None:
        kind = int(rng.integers(40))
        if kind == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == 1:
            raise KeyError("x")

    batch = fuzz.Batch(range(200), (odd,), time.monotonic() + 60)
    found = batch.run()
    assert f"seed {found.seed - 1}: the process ended with 9" in found.said
    assert found.failed == 1 + found.said.count("KeyError: 'x'")
    assert found.tally["odd"] == found.seed - 1


def test_the_most_that_an_input_took_is_found() -> None:
    def large(_folder: Path, rng: np.random.Generator) -> None:
        end = time.process_time() + 0.2
        # More than the 64 MB that the allocator may hold already (M_TRIM_THRESHOLD, mallopt(3)).
        np.ones(int(rng.integers(16, 20)) * 10**6)
        while time.process_time() < end:
            pass

    found = fuzz.Batch(range(3), (large,), time.monotonic() + 60).run()
    assert 60e6 < found.largest < 200e6
    assert 0.2 <= found.longest < 2
    assert found.failed == 0


def test_processes_side_by_side_run_each_seed_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"

    def odd(_folder: Path, rng: np.random.Generator) -> None:
        with log.open("a") as file:
            file.write(f"{rng.integers(2**62)}\n")
        if log.stat().st_size > 10_000 and rng.integers(400) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    failed = fuzz.fuzz_for(1.0, 0, (odd,), processes=3)
    said = capsys.readouterr().out
    # The first seeds are run once more beforehand, in this process.
    run = log.read_text().split()[20:]
    assert len(set(run)) == len(run)
    assert f"{len(run) - failed:,} inputs from seed 0" in said
    assert f"in 3 processes, {failed} failed" in said
    assert said.count("ended with 9") == failed
