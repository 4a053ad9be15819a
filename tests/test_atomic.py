"""A file is written whole or not at all, and keeps what it was: a link, a device, its mode."""

import os
import stat
import time
from pathlib import Path
from typing import IO

import pytest

from spectra.atomic import replacing, writing
from spectra.errors import DataError


def interrupted(file: IO[bytes]) -> None:
    """Write a part, then stop as Ctrl-C does."""
    file.write(b"half of it")
    raise KeyboardInterrupt


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as file:
        interrupted(file)
    assert [(found.name, found.read_bytes()) for found in tmp_path.iterdir()] == [
        ("scores.csv", b"old")
    ]


def test_the_old_file_is_there_until_the_new_one_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_two_writers_of_one_file_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    with replacing(path) as first, replacing(path) as second:
        first.write(b"first")
        second.write(b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664])
def test_a_replaced_file_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "scores.csv"
    path.write_bytes(b"old")
    path.chmod(mode)
    with replacing(path) as file:
        file.write(b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    with replacing(tmp_path / "ours") as file:
        file.write(b"new")
    (tmp_path / "plain").write_bytes(b"new")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "there" / "scores.csv")
    with replacing(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert (tmp_path / "there" / "scores.csv").read_bytes() == b"new"


def test_a_device_is_not_replaced() -> None:
    with replacing(Path("/dev/null")) as file:
        file.write(b"gone")
    assert Path("/dev/null").is_char_device()


def test_a_name_as_long_as_names_can_be_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    with replacing(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none" / "scores.csv"
    with (
        pytest.raises(DataError, match=r"scores\.csv cannot be written: No such file"),
        replacing(path),
    ):
        pass


def test_a_closed_pipe_is_left_to_the_caller() -> None:
    with pytest.raises(BrokenPipeError), writing(Path("scores.csv")):
        raise BrokenPipeError


def left_behind(folder: Path, age: float) -> Path:
    """A temporary file such as a killed process leaves, last written `age` seconds ago."""
    path = folder / ".spectra-0123456789abcdef.part"
    path.write_bytes(b"half")
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left_behind(tmp_path, age=5.0)
    with replacing(tmp_path / "scores.csv") as file:
        file.write(b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]


def test_only_old_files_of_that_pattern_that_nobody_writes_are_removed(tmp_path: Path) -> None:
    young = left_behind(tmp_path, age=0.0)
    others = [tmp_path / ".spectra-1.part", tmp_path / "spectra-0123456789abcdef.part"]
    for other in others:
        left_behind(tmp_path, age=5.0).rename(other)
    young.write_bytes(b"half")
    with replacing(tmp_path / "first.csv") as file:
        (busy,) = set(tmp_path.iterdir()) - {young, *others}
        os.utime(busy, (0.0, 0.0))
        with replacing(tmp_path / "second.csv") as other_file:
            other_file.write(b"new")
        assert busy.exists()
        file.write(b"new")
    assert {young, *others} <= set(tmp_path.iterdir())
    assert not busy.exists()


def test_a_file_with_two_names_keeps_both(tmp_path: Path) -> None:
    path, other = tmp_path / "scores.csv", tmp_path / "other.csv"
    path.write_bytes(b"a long old content")
    other.hardlink_to(path)
    with replacing(path) as file:
        file.write(b"new")
        assert other.read_bytes() == b"a long old content"
    assert other.read_bytes() == b"new"
    assert path.samefile(other)
    assert len(list(tmp_path.iterdir())) == 2


def test_an_owner_that_cannot_be_given_away_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "scores.csv"
    path.write_bytes(b"old")
    before = path.stat()

    def refused(*_: object) -> None:
        raise PermissionError

    def another_group(self: Path, **_: object) -> os.stat_result:
        found = os.stat(self)
        if self.suffix != ".part":
            return found
        return os.stat_result([*found[:5], found.st_gid + 1, *found[6:10]])

    monkeypatch.setattr(os, "chown", refused)
    monkeypatch.setattr(Path, "stat", another_group)
    with replacing(path) as file:
        file.write(b"newer")
    after = os.stat(path)
    assert path.read_bytes() == b"newer"
    assert (after.st_ino, after.st_gid) == (before.st_ino, before.st_gid)


def test_a_private_file_is_private_while_it_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_bytes(b"old")
    path.chmod(0o600)
    with replacing(path):
        modes = [stat.S_IMODE(found.stat().st_mode) for found in tmp_path.iterdir()]
    assert modes == [0o600, 0o600]


def test_a_loop_of_links_is_named_and_stays(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(DataError, match="loop cannot be written"), replacing(loop):
        pass
    assert loop.is_symlink()


def test_a_folder_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught, replacing(tmp_path) as file:
        file.write(b"")
    assert str(caught.value) == f"{tmp_path} cannot be written: it is a folder."
