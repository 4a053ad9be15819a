"""Values that a programmer prints: what they are in a few lines, whatever they hold."""

import numpy as np
import pytest

import spectra
from spectra.detection import Detection


@pytest.fixture(scope="module")
def found() -> Detection:
    x = np.random.default_rng(0).normal(size=(4000, 2))
    x[2000:2100] *= 6
    return spectra.detect(x, fs=100)


def test_a_stream_tells_its_settings_its_rows_and_whether_an_alarm_is_open(
    found: Detection,
) -> None:
    stream = spectra.Stream(found.model, alpha=1e-4, adapt=1000)
    assert repr(stream) == (
        "<Stream of 2 channels, model array, alpha=0.0001, every=128, adapt=1000: 0 rows, no alarm "
        "is open>"
    )
    stream.update(found.recording.values[:2700])
    stream.update(6 * found.recording.values[2700:3700])
    assert repr(stream).endswith(": 3,700 rows, an alarm is open>")
    stream.finish()
    assert repr(stream).endswith(": 3,700 rows, finished>")


def test_an_update_tells_its_rows_and_the_number_of_its_events(found: Detection) -> None:
    stream = spectra.Stream(found.model)
    assert repr(stream.update(found.recording.values[:10])) == ("<StreamUpdate: no rows, 0 events>")
    update = stream.update(found.recording.values[10:1000])
    last = update.first_row + update.z.size - 1
    assert repr(update) == f"<StreamUpdate: rows 0 to {last}, 0 events>"


def test_a_batch_is_a_table_of_what_failed_and_of_the_most_unusual() -> None:
    rng = np.random.default_rng(0)
    given = {f"pump {i}": rng.normal(size=1000) for i in range(11)} | {"pump\nx": [1.0]}
    lines = repr(spectra.score_many(given, progress=False)).splitlines()
    assert lines[0].startswith("12 recordings, ")
    assert lines[0].endswith(" alarms, 1 could not be used")
    assert lines[1].split() == ["recording", "rows", "alarms", "smallest", "p-value", "error"]
    assert lines[-2].startswith("  pump x ")
    assert "has only one row" in lines[-2]
    assert lines[-1] == "2 more are in .summary"
    assert len(lines) == 13
    assert repr(spectra.score_many({}, progress=False)) == "0 recordings, 0 alarms"


def test_a_calibration_check_is_a_table_of_its_rates() -> None:
    normal = np.random.default_rng(0).normal(size=4000)
    lines = repr(spectra.check_calibration(normal)).splitlines()
    assert lines[0].startswith("array  1,000 scores, about ")
    assert lines[1].split() == ["asked", "got", "low", "high"]
    assert len(lines) == 5


def test_evidence_and_calibration_are_printed_without_their_arrays(found: Detection) -> None:
    evidence = found.evidence(found.intervals.peak)[0]
    for value in (evidence, found.fusion, found.fusion.calibration):
        assert "array" not in repr(value)
        assert len(repr(value)) < 400
