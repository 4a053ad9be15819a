"""Kill, interrupt and starve writers, streams and batches at random moments, as `make torture`.

Run: python tests/torture.py [COUNT]
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

# Seconds after which a file that a killed process left is removed, and a little more.
STALE = 1.2
BLOCK = 1 << 16
# Writes so many blocks of a letter to a file, at most as many bytes as the fourth argument says,
# and rests for so many seconds after the first.
WRITER = f"""
import resource, sys, time
from pathlib import Path
from spectra.atomic import replacing
path, letter, blocks, limit, pause = sys.argv[1:]
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
print(flush=True)
with replacing(Path(path)) as file:
    for i in range(int(blocks)):
        file.write(letter.encode() * {BLOCK})
        if int(pause) and not i:
            file.flush()
            print("half", flush=True)
            time.sleep(int(pause))
"""


def writer(
    path: Path,
    letter: str,
    blocks: int,
    limit: int = 0,
    *,
    before: Sequence[str] = (),
    preamble: str = "",
    pause: int = 0,
) -> "subprocess.Popen[bytes]":
    """A process that writes a file; `before` stands before its command, `preamble` is run first."""
    numbers = [str(blocks), str(limit), str(pause)]
    command = [*before, sys.executable, "-c", preamble + WRITER, str(path), letter, *numbers]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def content(path: Path) -> tuple[str, int]:
    """The letter of a file and its size; it must not hold two letters."""
    data = path.read_bytes()
    assert len(set(data)) == 1, "A file is a mixture of two."
    return chr(data[0]), len(data)


def killed(folder: Path, blocks: int, rng: random.Random, number: signal.Signals) -> str:
    """Stop a writer at a random moment: the file is the old one or the new one."""
    path = folder / "out"
    path.write_bytes(b"a" * 3 * BLOCK)
    with writer(path, "b", blocks) as process:
        assert process.stdout is not None
        # The first moments of the program are hit too, and then those of writing.
        if rng.random() < 0.9:
            process.stdout.read(1)
        time.sleep(rng.uniform(0.0, 0.06))
        process.send_signal(number)
    found = content(path)
    assert found in {("a", 3 * BLOCK), ("b", blocks * BLOCK)}, found
    return "kept" if found[0] == "a" else "written"


def starved(folder: Path, rng: random.Random) -> str:
    """Let a writer run out of space: the old file is whole, and no other is left."""
    path = folder / "out"
    path.write_bytes(b"a" * 3 * BLOCK)
    with writer(path, "b", 40, rng.randrange(1, 39 * BLOCK)) as process:
        assert process.wait() == 1
    assert content(path) == ("a", 3 * BLOCK)
    return "kept"


def together(folder: Path, blocks: int) -> str:
    """Let two processes write one file: it is that of one of them."""
    path = folder / "out"
    with writer(path, "b", blocks) as first, writer(path, "c", blocks + 1) as second:
        assert (first.wait(), second.wait()) == (0, 0)
    found = content(path)
    assert found in {("b", blocks * BLOCK), ("c", (blocks + 1) * BLOCK)}, found
    return f"by {found[0]}"


def torture(folder: Path, count: int, seed: int = 0) -> Counter[str]:
    """Do all of it `count` times; nothing is left after the next run."""
    rng = random.Random(seed)
    tally: Counter[str] = Counter()
    for i in range(count):
        kind = ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "full", "two writers")[i % 6]
        if kind == "full":
            result = starved(folder, rng)
        elif kind == "two writers":
            result = together(folder, rng.randrange(1, 200))
        else:
            result = killed(folder, rng.randrange(1, 400), rng, signal.Signals[kind])
        tally[f"{kind}: {result}"] += 1
    time.sleep(STALE)
    with writer(folder / "out", "z", 1) as process:
        assert process.wait() == 0
    assert os.listdir(folder) == ["out"], os.listdir(folder)
    return tally


# Rows of a stream with a burst in every 2,000, and of those that it learns from.
STREAM_ROWS, LEARNED_ROWS = 60_000, 4_000


def stream_file(path: Path) -> None:
    """Write noise with bursts, gaps and lines cut in half; the last rows hold the last alarm."""
    rng = random.Random(0)
    with path.open("w", encoding="ascii") as file:
        file.write("time,x\n")
        for row in range(STREAM_ROWS):
            loud = 6.0 if row > LEARNED_ROWS and 1000 < row % 2000 < 1060 else 1.0
            line = f"{row / 100:.2f},{loud * rng.gauss(0.0, 1.0):.4f}\n"
            file.write("" if row % 7001 < 3 else line[:3] + "\n" if row % 9001 == 0 else line)


# Takes the lines of a file, then forks a stream that follows it, kills it, and goes on from its
# state, time and again; the last one is let finish. The events of each are appended to a file.
STREAMS = """
import json, os, random, signal, sys, time
from click.testing import CliRunner
import spectra.pipeline, spectra.stream.feed
from spectra.cli import main
count, seed, *options = sys.argv[1:]
rng = random.Random(int(seed))
def run():
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open("out", os.O_WRONLY | os.O_APPEND | os.O_CREAT), 1)
        rest = ["--follow", "data.csv", "--state", "state", "--save-every", "0.1"]
        try:
            main(["stream", *options, *rest])
        except SystemExit as end:
            os._exit(end.code)
    return pid
def events(path):
    with open(path) as file:
        return len({json.loads(line)["number"] for line in file})
begin = time.perf_counter()
# The events of a stream that nobody kills; reading a file to its end closes no alarm.
with open("data.csv", "rb") as file:
    words = ["stream", *options, "--state", "whole.state"]
    found = CliRunner().invoke(main, words, input=file, catch_exceptions=False)
whole = time.perf_counter() - begin
with open("whole", "wb") as file:
    file.write(found.stdout_bytes)
for _ in range(int(count)):
    pid = run()
    # Some die before they save anything, the others together take about as long as the whole.
    time.sleep(rng.uniform(0.0, 4 * whole / int(count)))
    os.kill(pid, signal.SIGKILL)
    if os.waitpid(pid, 0)[1] != signal.SIGKILL:
        sys.exit("The stream ended.")
pid = run()
while not os.path.exists("out") or events("out") < events("whole"):
    if os.waitpid(pid, os.WNOHANG)[0]:
        sys.exit("The stream ended.")
    time.sleep(0.05)
os.kill(pid, signal.SIGTERM)
os.waitpid(pid, 0)
"""


def events_in(output: Path) -> dict[int, bytes]:
    """The lines of events by their number; one that comes twice is the same twice."""
    found: dict[int, bytes] = {}
    for line in output.read_bytes().splitlines():
        assert found.setdefault(json.loads(line)["number"], line) == line
    return found


def killed_streams(folder: Path, count: int, seed: int = 0) -> int:
    """Kill a stream at random moments and go on from its state: the events are the same."""
    stream_file(folder / "data.csv")
    options = ("--learn-rows", str(LEARNED_ROWS), "--alpha", "1e-5", "--quiet")
    server = (sys.executable, "-c", STREAMS, str(count), str(seed), *options)
    subprocess.run(server, cwd=folder, check=True)
    expected, output = events_in(folder / "whole"), folder / "out"
    assert len(expected) > 50
    assert events_in(output) == expected
    return output.read_bytes().count(b"\n") - len(expected)


# Imports what a batch needs, then forks a batch, kills it, and goes on with it, time and again.
# Prints how many of the killed ones had written some of their files.
BATCHES = """
import os, random, signal, sys, time
from click.testing import CliRunner
from spectra.cli import main
count, seed, jobs, *rest = sys.argv[1:]
rng = random.Random(int(seed))
def run(folder):
    pid = os.fork()
    if pid == 0:
        batch(folder)
        os._exit(0)
    return pid
def batch(folder):
    CliRunner().invoke(main, ["batch", "data/*.csv", "-o", folder, "-j", jobs, *rest])
batch("whole")
begin = time.perf_counter()
os.waitpid(run("timed"), 0)
whole, partial = time.perf_counter() - begin, 0
for i in range(int(count)):
    pid = run(f"out{i}")
    time.sleep(rng.uniform(0.0, whole))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    written = os.listdir(f"out{i}") if os.path.isdir(f"out{i}") else []
    partial += bool(written) and "summary.csv" not in written
    os.waitpid(run(f"out{i}"), 0)
print(partial)
"""


def batch_files(folder: Path, count: int, rows: int = 600) -> None:
    """Write recordings of noise with a burst, and one that cannot be read."""
    rng = random.Random(1)
    folder.mkdir(parents=True)
    for i in range(count):
        loud = [6.0 if 300 < row < 330 else 1.0 for row in range(rows)]
        values = "".join(f"{each * rng.gauss(0.0, 1.0):.4f}\n" for each in loud)
        (folder / f"pump {i}.csv").write_text(f"x\n{values}", encoding="ascii")
    (folder / "short.csv").write_text("x\n1\n", encoding="ascii")


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of all files in a folder by their names, less those of killed writers."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".part"
    }


def killed_batches(folder: Path, count: int, seed: int = 0, jobs: int = 1) -> int:
    """Kill batches at random moments and go on: the same files; return how many were partial."""
    batch_files(folder / "data", 4)
    options = ("--nperseg", "32", "--scores")
    server = (sys.executable, "-c", BATCHES, str(count), str(seed), str(jobs), *options)
    found = subprocess.run(server, cwd=folder, stdout=-1, check=True)
    expected = contents(folder / "whole")
    # Results, scores and records of four, and the summary.
    assert len(expected) == 4 * 3 + 1
    for i in range(count):
        assert contents(folder / f"out{i}") == expected
    return int(found.stdout)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        for outcome, times in sorted(torture(Path(made), int(sys.argv[1])).items()):
            sys.stdout.write(f"{times:6d}  {outcome}\n")
    with tempfile.TemporaryDirectory() as made:
        kills = int(sys.argv[1]) * 2 // 3
        again = killed_streams(Path(made), kills)
        sys.stdout.write(f"{kills:6d}  kills of a stream: {again} events came twice\n")
    for workers in (1, 2):
        with tempfile.TemporaryDirectory() as made:
            stopped = killed_batches(Path(made), kills // 2, jobs=workers)
            sys.stdout.write(
                f"{kills // 2:6d}  kills of batches, -j {workers}: {stopped} partial\n"
            )
