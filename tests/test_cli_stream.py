"""`spectra stream`: events on standard output, one sentence for what is wrong."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from spectra.cli import main

ROWS = 3000
COMMAND = (sys.executable, "-m", "spectra", "stream")


def lines(seed: int, burst: bool) -> str:
    """Noise at 10 Hz with a burst of 400 rows that ends 600 rows before the end."""
    x = np.random.default_rng(seed).normal(size=ROWS)
    if burst:
        x[2000:2400] *= 8
    rows = "".join(f"{i / 10:.1f},{value:.4f}\n" for i, value in enumerate(x))
    return f"t,x\n{rows}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a model and a recording."""
    monkeypatch.chdir(tmp_path)
    Path("normal.csv").write_text(lines(0, burst=False), encoding="ascii")
    Path("data.csv").write_text(lines(1, burst=True), encoding="ascii")
    arguments = ["fit", "normal.csv", "-o", "model", "--nperseg", "32", "-q"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    return tmp_path


def run(*arguments: str, text: str = "") -> Result:
    """Run the command with a text on its standard input, a file as it has to have a descriptor."""
    with tempfile.TemporaryFile() as file:
        file.write(text.encode())
        file.seek(0)
        result = CliRunner().invoke(main, ["stream", *arguments], input=file)
    # Anything else would have been a traceback.
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def run_program(*arguments: str, text: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the command as a program of its own, with a text from a pipe."""
    return subprocess.run(
        (*COMMAND, *arguments), input=text, capture_output=True, text=True, check=False
    )


def events(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_events_come_on_standard_output_and_a_summary_on_standard_error(folder: Path) -> None:
    text = Path("data.csv").read_text(encoding="ascii")
    found = run("model", "--alpha", "1e-5", text=text)
    assert (found.exit_code, found.stderr) == (0, f"{ROWS + 1:,} lines, 4 events.\n")
    opened, *_, closed = events(found.stdout)
    assert list(opened) == [
        "event", "number", "alarm", "start", "end", "peak", "score", "p_value", "channel",
        "bad_lines",
    ]  # fmt: skip
    assert (opened["event"], closed["event"], closed["channel"]) == ("opened", "closed", "x")
    assert isinstance(closed["start"], float)
    assert 199.0 <= closed["start"] <= 200.5 <= 239.5 <= float(str(closed["end"])) <= 242.0
    quiet = run("model", "--alpha", "1e-5", "-q", text=text)
    assert (quiet.stdout, quiet.stderr) == (found.stdout, "")


def test_a_rate_of_false_alarms_needs_a_sampling_rate_of_the_model_or_the_lines(
    folder: Path,
) -> None:
    bare = "".join(line.split(",")[1] for line in lines(0, burst=False).splitlines(keepends=True))
    Path("bare.csv").write_text(bare, encoding="ascii")
    arguments = ["fit", "bare.csv", "-o", "bare.model", "--nperseg", "32", "-q"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    text = Path("data.csv").read_text(encoding="ascii")
    asked = ("--false-alarms", "1/hour")
    expected = run("model", *asked, text=text)
    assert expected.exit_code == 0
    assert run("bare.model", *asked, text=text).stdout == expected.stdout
    assert run("bare.model", *asked, "--fs", "10", text=text).stdout == expected.stdout
    refused = run("bare.model", *asked, text=bare)
    assert refused.exit_code == 1
    assert "False alarms an hour need a sampling rate, and bare.csv has none" in refused.stderr


def test_an_alarm_is_printed_while_the_stream_goes_on(folder: Path) -> None:
    rows = Path("data.csv").read_text(encoding="ascii").splitlines(keepends=True)
    with subprocess.Popen(
        (*COMMAND, "model", "--alpha", "1e-5"), stdin=-1, stdout=-1, stderr=-1, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(rows[:2600]))
        process.stdin.flush()
        kinds = [json.loads(process.stdout.readline())["event"] for _ in range(4)]
        assert kinds == ["opened", "updated", "updated", "closed"]
        process.send_signal(signal.SIGTERM)
        process.stdin.close()
        assert process.wait() == 143


def test_bad_lines_are_counted_and_fatal_only_if_asked(folder: Path) -> None:
    text = Path("data.csv").read_text(encoding="ascii").replace("\n100.0,", "\n100.0;")
    found = run("model", "--alpha", "1e-5", text=text)
    assert found.exit_code == 0
    assert found.stderr == f"{ROWS + 1:,} lines, 1 bad line left out, 4 events.\n"
    assert {event["bad_lines"] for event in events(found.stdout)} == {1}
    strict = run("model", "--strict", "--state", "state", text=text)
    assert strict.exit_code == 1
    assert strict.stderr == "Error: stdin, line 1002: 1 field in place of 2.\n"
    assert Path("state").exists()


def test_a_state_is_saved_at_the_end_and_goes_on(folder: Path) -> None:
    rows = Path("data.csv").read_text(encoding="ascii").splitlines(keepends=True)
    whole = run("model", "--alpha", "1e-5", "--state", "whole", text="".join(rows))
    parts = [
        run("model", "--alpha", "1e-5", "--state", "state", text="".join(part))
        for part in (rows[:30], rows[30:2300], rows[2300:])
    ]
    assert [part.exit_code for part in parts] == [0, 0, 0]
    assert "".join(part.stdout for part in parts) == whole.stdout != ""
    other = run("model", "--state", "state", text="1,2\n")
    assert other.exit_code == 1
    assert "Error: state was saved with another threshold, --adapt or --every" in other.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_followed_file_is_read_on_from_the_state_that_a_signal_saved(
    folder: Path, number: signal.Signals
) -> None:
    rows = Path("data.csv").read_text(encoding="ascii").splitlines(keepends=True)
    whole = run("model", "--alpha", "1e-5", "--state", "whole", text="".join(rows))
    Path("log").write_text("".join(rows[:2300]), encoding="ascii")
    arguments = (*COMMAND, "model", "--alpha", "1e-5", "--follow", "log", "--state", "state")
    found = ""
    for more in ("", "".join(rows[2300:])):
        with Path("log").open("a", encoding="ascii") as file:
            file.write(more)
        with subprocess.Popen(arguments, stdout=-1, text=True) as process:
            assert process.stdout is not None
            n_lines = whole.stdout.count("\n") if more else 1
            while found.count("\n") < n_lines:
                found += process.stdout.readline()
            process.send_signal(number)
            found += process.stdout.read()
            assert process.wait() == 128 + number
    assert found == whole.stdout


def test_a_file_that_was_written_anew_is_read_from_its_first_line(folder: Path) -> None:
    """The new file is longer than what was read of the old one, and has its inode."""
    rows = Path("data.csv").read_text(encoding="ascii").splitlines(keepends=True)
    whole = run("model", "--alpha", "1e-5", "--state", "whole", text="".join(rows))
    arguments = (*COMMAND, "model", "--alpha", "1e-5", "--follow", "log", "--state", "state")
    Path("log").write_text("".join(rows[:300]), encoding="ascii")
    with subprocess.Popen((*arguments, "--save-every", "0.01"), stdout=-1, text=True) as process:
        # The rows are a block, which is taken whole before it is saved.
        while not Path("state").exists():
            time.sleep(0.01)
        process.terminate()
    Path("log").write_text("".join([rows[0], *rows[300:]]), encoding="ascii")
    found = ""
    with subprocess.Popen(arguments, stdout=-1, text=True) as process:
        assert process.stdout is not None
        while found.count("\n") < whole.stdout.count("\n"):
            found += process.stdout.readline()
        process.terminate()
    assert found == whole.stdout


def test_a_command_gets_alarms_that_open_and_close_and_no_shell(folder: Path) -> None:
    text = Path("data.csv").read_text(encoding="ascii")
    script = "import sys; open('got', 'a').write(sys.stdin.read()); print('$HOME; x')"
    Path("hook.py").write_text(script, encoding="ascii")
    command = f"{sys.executable} hook.py '$(touch bad)' ; touch bad"
    found = run_program("model", "--alpha", "1e-5", "--on-alarm", command, text=text)
    assert found.returncode == 0
    got = events(Path("got").read_text(encoding="ascii"))
    assert got == [each for each in events(found.stdout) if each["event"] != "updated"]
    assert not Path("bad").exists()
    # What it prints is on standard error.
    assert found.stderr.count("$HOME; x") == 2
    failing = run_program("model", "--on-alarm", "false", text=text)
    assert failing.returncode == 0
    assert "The command of --on-alarm ended with status 1." in failing.stderr


def test_names_from_a_stream_reach_no_terminal_as_they_are(folder: Path) -> None:
    text = Path("data.csv").read_text(encoding="ascii").replace("t,x", "t,x\x1b[31m\x9b2J", 1)
    found = run("--learn-rows", "1500", text=text)
    assert found.exit_code == 0
    assert events(found.stdout)
    assert found.stdout.isascii()
    assert "\x1b" not in found.stdout + found.stderr
    broken = run("model", "--strict", text=text + "\x1b]0;title\x07,\x1b[31mz\n" * 40)
    assert broken.exit_code == 1
    assert "\x1b" not in broken.stderr
    assert "\x07" not in broken.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Give a MODEL, or --learn-rows N"),
        (("model", "--learn-rows", "100"), "Give MODEL or --learn-rows, not both"),
        (("model", "--alpha", "0.1", "--false-alarms", "1/day"), "exclude each other"),
        (("model", "--on-alarm", "no-such-command"), "there is no command 'no-such-command'"),
        (("model", "--on-alarm", "'"), "No closing quotation"),
        (("model", "--on-alarm", ""), "there is no command ''"),
        (("model", "--every", "0"), "--every"),
        (("model", "--save-every", "0"), "is not a finite number above 0"),
        (("model", "--save-every", "9"), "--save-every goes with --state"),
        (("model", "--nperseg", "16"), "MODEL has its method"),
        (("model", "--method", "sequence"), "MODEL has its method"),
        (("--learn-rows", "99", "--early", "--causal"), "--early excludes --causal"),
        (("--learn-rows", "3"), "--learn-rows"),
        (("model", "--follow", "data.csv", "--state", "data.csv"), "would overwrite the file"),
    ],
)
def test_wrong_arguments_are_named(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none",), "none does not exist"),
        (("data.csv",), "data.csv is not a model file or is damaged"),
        (("model", "--follow", "none"), "none cannot be read: No such file or directory."),
        (("model", "--follow", "."), "is no regular file"),
        (("model", "--state", "data.csv"), "data.csv is not a state file or is damaged"),
        (("model", "--state", "no/state"), "no/state cannot be written: there is no folder"),
        (("model", "--follow", "/dev/null"), "/dev/null is no regular file"),
        (("model", "--false-alarms", "1/recording", "--follow", "data.csv"), "must name a time"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    result = run(*arguments)
    assert result.exit_code in (1, 2)
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_closed_pipe_ends_it_quietly(folder: Path) -> None:
    command = f"cat data.csv | {' '.join(COMMAND)} model | head -n 1"
    found = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False
    )
    assert found.returncode in (0, 141)
    assert found.stdout.count("\n") == 1
    assert "Traceback" not in found.stderr


def test_standard_input_that_is_closed_is_named(folder: Path) -> None:
    command = f"{' '.join(COMMAND)} model <&-"
    found = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert found.returncode in (0, 1)
    assert "Traceback" not in found.stderr


def test_a_slow_reader_slows_it(folder: Path) -> None:
    # A pipe that nobody reads from fills, and the stream waits in place of collecting events.
    text = "t,x\n" + "".join(
        f"{i / 10:.1f},{9.0 if i % 200 < 40 and i > 500 else 0.1 * (i % 7)}\n"
        for i in range(40_000)
    )
    Path("many.csv").write_text(text, encoding="ascii")
    number, end = os.pipe()
    os.set_blocking(number, False)
    with Path("many.csv").open("rb") as file:
        process = subprocess.Popen(
            (*COMMAND, "model", "--every", "64", "-q"), stdin=file, stdout=end
        )
        os.close(end)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=3)
        os.set_blocking(number, True)
        size = 0
        while data := os.read(number, 1 << 16):
            size += len(data)
        assert process.wait() == 0
    os.close(number)
    assert size > 1 << 16


def cut(rows: list[str]) -> list[str]:
    return [*rows[:2500], *(row[: len(row) // 2].rstrip(",") + "\n" for row in rows[2500:])]


def other_header(rows: list[str]) -> list[str]:
    return [*rows[:2500], "t,y\n", *rows[2500:]]


def earlier(rows: list[str]) -> list[str]:
    return [*rows[:2500], rows[2000], *rows[2500:]]


def without_channel(rows: list[str]) -> list[str]:
    return [*rows[:2500], *(row.partition(",")[0] + "\n" for row in rows[2500:])]


def faster(rows: list[str]) -> list[str]:
    times = [240.0 + i * 0.1 / 1.03 for i in range(len(rows) - 2401)]
    later = [f"{t:.4f},{row.partition(',')[2]}" for t, row in zip(times, rows[2401:], strict=True)]
    return [*rows[:2401], *later]


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (cut, "1 field in place of 2, and so in 10 lines one after another"),
        (other_header, "The header changes to 't,y': begin another stream for it."),
        (earlier, "The time goes back by"),
        (without_channel, "the channels have changed, or one is gone."),
        (faster, "The rate changes from 10 Hz to 10.3"),
    ],
)
def test_a_stream_that_cannot_go_on_says_so_in_one_sentence_and_saves_its_state(
    folder: Path, spoilt: Callable[[list[str]], list[str]], said: str
) -> None:
    rows = Path("data.csv").read_text(encoding="ascii").splitlines(keepends=True)
    arguments = ("model", "--alpha", "1e-5", "--state", "state")
    found = run(*arguments, text="".join(spoilt(rows)))
    assert found.exit_code == 1
    assert found.stderr.startswith("Error: stdin, line 2")
    assert said in found.stderr
    assert found.stderr.count("\n") == 1
    # What came before the error is saved: the mended rest closes the alarm that had been opened.
    kept = events(found.stdout)
    assert kept[0]["event"] == "opened"
    line = int(found.stderr.partition("line ")[2].partition(":")[0].replace(",", ""))
    mended = run(*arguments, "-q", text="".join(rows[line - 1 :]))
    assert mended.exit_code == 0, mended.stderr
    every = kept + events(mended.stdout)
    assert [event["number"] for event in every] == list(range(1, len(every) + 1))
    assert every[-1]["event"] == "closed"
    assert 199.0 <= float(str(every[-1]["start"])) <= 200.5


def test_the_state_of_another_model_is_refused_and_kept(folder: Path) -> None:
    text = Path("data.csv").read_text(encoding="ascii")
    assert run("model", "--state", "state", text=text).exit_code == 0
    before = Path("state").read_bytes()
    arguments = ["fit", "data.csv", "-o", "other", "--nperseg", "32", "-q"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    found = run("other", "--state", "state", text=text)
    assert found.exit_code == 1
    assert found.stderr.startswith("Error: state: The state was saved with another model than")
    assert found.stderr.count("\n") == 1
    assert Path("state").read_bytes() == before


@pytest.mark.parametrize("given", [("--learn-rows", "600"), ("model",)])
def test_a_half_life_shorter_than_a_frame_is_one_sentence(
    folder: Path, given: tuple[str, ...]
) -> None:
    result = run(*given, "--adapt", "5", text=lines(0, burst=False))
    assert result.exit_code == 1
    assert "Error: --adapt 5 must be at least " in result.stderr
    assert "Traceback" not in result.stderr
