"""A writer that is stopped leaves the old file or the new one, and nothing else."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from torture import killed_streams, torture

HOLDING = """
import sys, time
from pathlib import Path
from spectra.atomic import replacing
from spectra.cli import main
@main.command("hold")
def hold():
    with replacing(Path("out")) as file:
        file.write(b"half")
        file.flush()
        sys.stdout.write("ready\\n")
        sys.stdout.flush()
        time.sleep(60)
main(["hold"])
"""


def test_signals_full_disks_and_other_writers(tmp_path: Path) -> None:
    torture(tmp_path, 12)


def test_a_stream_that_is_killed_goes_on_with_the_same_events(tmp_path: Path) -> None:
    killed_streams(tmp_path, 20)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_stopped_command_removes_what_it_has_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, status: int
) -> None:
    monkeypatch.chdir(tmp_path)
    command = [sys.executable, "-c", HOLDING]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert len(os.listdir(tmp_path)) == 1
        process.send_signal(number)
        _, stderr = process.communicate()
    assert process.returncode == status
    assert b"Traceback" not in stderr
    assert os.listdir(tmp_path) == []


def test_an_ignored_hangup_stays_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As by nohup.
    monkeypatch.chdir(tmp_path)
    program = HOLDING.replace("time.sleep(60)", "import os; os.kill(os.getpid(), 1)")
    script = 'trap \'\' HUP; exec "$0" -c "$1"'
    result = subprocess.run(["sh", "-c", script, sys.executable, program], check=False)
    assert result.returncode == 0
    assert os.listdir(tmp_path) == ["out"]
