"""A model file gives back what was saved, or says in one sentence why not; it is never code."""

import io
import json
import os
import re
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import spectra
from altered_models import altered, members
from spectra import Model, Sequence, Spectral, archive
from spectra.archive import DAMAGE, unpack
from spectra.datasets import Recording
from spectra.errors import DataError
from spectra.model import FORMAT, corresponding


def signal(seed: int = 0, n: int = 1500, hum: float = 5.0) -> Recording:
    """Two channels, one of them with a hum in the middle."""
    values = np.random.default_rng(seed).normal(size=(n, 2)) * [1.0, 1e4] + [0.0, -7.0]
    values[n // 2 : n // 2 + 60, 0] += hum * np.sin(np.arange(60))
    return Recording.from_array(
        values, fs=50.0, channels=["Druck (bar)", "温度"], name="Pumpe, März"
    )


@pytest.fixture(scope="module")
def model() -> Model:
    return spectra.learn(signal(1), method=Spectral(nperseg=24))


@pytest.fixture(scope="module")
def content(model: Model, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a whole model file."""
    path = tmp_path_factory.mktemp("whole") / "a.model"
    model.save(path)
    return path.read_bytes()


METHODS: dict[str, Spectral | Sequence] = {
    "default": Spectral(),
    "tuned": Spectral(nperseg=24, k=3, window=("tukey", 0.25), view="complex"),
    "share": Spectral(nperseg=17, k=0.2, window="blackman", view="shape"),
    "sequence": Sequence(),
    "transformer": Sequence(nperseg=16, epochs=1),
}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_a_model_that_is_read_scores_as_the_one_that_was_saved(
    tmp_path: Path, method: Spectral | Sequence
) -> None:
    model = spectra.learn(signal(1), method=method)
    model.save(tmp_path / "a.model")
    again = Model.load(tmp_path / "a.model")
    for name in ("method", "fs", "channels", "period", "name", "npersegs", "step"):
        assert getattr(again, name) == getattr(model, name)
    np.testing.assert_array_equal(again.constant, model.constant)
    before, after = (spectra.score(each, signal(hum=50.0), alpha=0.05) for each in (model, again))
    np.testing.assert_array_equal(after.scores, before.scores)
    assert after.alarms.equals(before.alarms)
    assert len(after.alarms) > 0
    assert repr(after) == repr(before)
    again.save(tmp_path / "b.model")
    assert Model.load(tmp_path / "b.model").channels == model.channels


def test_a_rate_that_is_unknown_stays_unknown(tmp_path: Path) -> None:
    model = spectra.learn(signal(1).values)
    model.save(str(tmp_path / "a.model"))
    again = Model.load(str(tmp_path / "a.model"))
    assert again.fs is None
    assert spectra.score(again, signal().values, fs=20.0).fs == 20.0


def test_saving_twice_gives_the_same_arrays_and_no_other_file(tmp_path: Path, model: Model) -> None:
    for _ in range(2):
        model.save(tmp_path / "a.model")
    assert [path.name for path in tmp_path.iterdir()] == ["a.model"]


def packed(parts: dict[str, bytes]) -> bytes:
    """A model file of such parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


def written(array: Any) -> bytes:
    """A part that holds an array, pickled where it has objects."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), allow_pickle=True)
    return file.getvalue()


def refusal(path: Path, content: bytes) -> str:
    """The sentence that such a file is refused with."""
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        Model.load(path)
    sentence = str(caught.value)
    assert path.name in sentence
    assert "\n" not in sentence
    return sentence


def test_a_model_file_is_arrays_and_one_text(content: bytes) -> None:
    for part in members(content).values():
        array = np.lib.format.read_array(io.BytesIO(part), allow_pickle=False)
        assert array.dtype.kind in "fibU"
    about = json.loads(
        str(np.lib.format.read_array(io.BytesIO(members(content)["about.npy"]), allow_pickle=False))
    )
    assert about["format"] == "spectra model"
    assert about["model"]["channels"] == ["Druck (bar)", "温度"]


class Mischief:
    """An object that makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.mkdir, (self.path,)


def test_nothing_in_a_file_is_run(tmp_path: Path, content: bytes) -> None:
    for name in members(content):
        evil = written(np.array([Mischief(tmp_path / "run")], dtype=object))
        refusal(tmp_path / "evil.model", packed(members(content) | {name: evil}))
        assert not (tmp_path / "run").exists()
    refusal(tmp_path / "evil.model", evil)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("bytes_", "said"),
    [
        (b"", "not a model file or is damaged"),
        (b"time,value\n1,2\n", "not a model file or is damaged"),
        (b"PK\x03\x04", "not a model file or is damaged"),
        (packed({}), "not a model file or is damaged"),
        (packed({"readme.txt": b"hello"}), "not a model file or is damaged"),
        (packed({"about.npy": written('{"format": "other"}')}), "is not a model file of spectra"),
        (packed({"about.npy": written("[1, 2]")}), "is not a model file of spectra"),
        (
            packed({"about.npy": written('{"format": "spectra model", "version": 99}')}),
            "is a model file of version 99",
        ),
    ],
    ids=[
        "empty",
        "csv",
        "head of a zip",
        "empty zip",
        "other zip",
        "other format",
        "list",
        "version",
    ],
)
def test_a_file_that_is_no_model_of_this_version_is_refused(
    tmp_path: Path, bytes_: bytes, said: str
) -> None:
    assert said in refusal(tmp_path / "a.model", bytes_)


def test_a_file_that_does_not_exist_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.model does not exist"):
        Model.load(tmp_path / "none.model")
    with pytest.raises(DataError, match="cannot be read"):
        Model.load(tmp_path)


QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def harmless(path: Path, content: bytes, model: Model) -> None:
    """Load the file: it is refused, or holds what was saved."""
    path.write_bytes(content)
    try:
        again = Model.load(path)
    except DataError:
        return
    np.testing.assert_array_equal(
        spectra.score(again, signal()).scores, spectra.score(model, signal()).scores
    )


SHARE = st.floats(0, 1, exclude_max=True)


@QUICK
@given(st.lists(st.tuples(SHARE, st.integers(1, 255)), min_size=1, max_size=4))
def test_flipped_bytes_are_noticed_or_harmless(
    tmp_path: Path, model: Model, content: bytes, flips: list[tuple[float, int]]
) -> None:
    damaged = bytearray(content)
    for share, bits in flips:
        damaged[int(share * len(content))] ^= bits
    harmless(tmp_path / "a.model", bytes(damaged), model)


@QUICK
@given(st.integers(1, 600), st.integers(1, 255))
def test_flipped_bytes_of_the_directory_are_noticed_or_harmless(
    tmp_path: Path, model: Model, content: bytes, place: int, bits: int
) -> None:
    # The last bytes of a zip are what it is opened by, and are covered by no checksum.
    damaged = bytearray(content)
    damaged[-place] ^= bits
    harmless(tmp_path / "a.model", bytes(damaged), model)


@QUICK
@given(SHARE)
def test_a_part_of_a_file_is_refused(tmp_path: Path, content: bytes, share: float) -> None:
    refusal(tmp_path / "a.model", content[: int(share * len(content))])


NONSENSE: list[Any] = [True, "x", float("nan"), float("inf"), [], ["x", 1], {"x": 1}]
EXTREME: list[Any] = [None, "", -1, 0, 1, 1e308, 10**30]
EVERY_PART = {
    "one length": Spectral(nperseg=24),
    "default": Spectral(),
    "transformer": Sequence(nperseg=16, epochs=1),
}


@pytest.fixture(scope="module", params=EVERY_PART.values(), ids=EVERY_PART.keys())
def parts(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """The parts of a model file of each kind."""
    path = tmp_path_factory.mktemp("parts") / "a.model"
    spectra.learn(signal(1), method=request.param).save(path)
    return members(path.read_bytes())


def described(parts: dict[str, bytes]) -> dict[str, Any]:
    """The text of a model file."""
    array = np.lib.format.read_array(io.BytesIO(parts["about.npy"]), allow_pickle=False)
    about: dict[str, Any] = json.loads(str(array))
    return about


def changed(parts: dict[str, bytes], about: dict[str, Any]) -> bytes:
    """A model file with another text."""
    return packed(parts | {"about.npy": written(json.dumps(about))})


def places(value: Any) -> list[list[Any]]:
    """The way to each part of a text, the parts of parts included."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, part in inner:
        found.append([key])
        if isinstance(part, (dict, list)):
            found += [[key, *way] for way in places(part)]
    return found


def kinds(ways: list[list[Any]]) -> list[list[Any]]:
    """The ways less those that differ from an earlier one in the numbers of parts of lists."""
    first: dict[tuple[Any, ...], list[Any]] = {}
    for way in ways:
        first.setdefault(tuple("" if isinstance(key, int) else key for key in way), way)
    return [*first.values()]


def holding(about: dict[str, Any], way: list[Any], value: Any) -> dict[str, Any]:
    """The text with another value at a place."""
    other: dict[str, Any] = json.loads(json.dumps(about))
    inner = other
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    return other


def test_values_that_make_no_sense_are_refused_or_harmless(
    tmp_path: Path, parts: dict[str, bytes]
) -> None:
    path, about = tmp_path / "a.model", described(parts)
    path.write_bytes(packed(parts))
    arrays, _ = FORMAT.read(path)
    for way in kinds(places(about["model"])):
        for value in (*NONSENSE, *EXTREME):
            try:
                again = unpack(Model, holding(about["model"], way, value), arrays)
            except DAMAGE:
                continue
            # The texts of long arrays are of numpy.
            with np.printoptions(threshold=0, edgeitems=1):
                repr(again)
            assert again.npersegs


@pytest.mark.parametrize(
    "window", ["log", "", "kaiser", ["tukey", "x"], ["kaiser", 1e308], ["", 1]]
)
def test_a_window_that_scipy_does_not_know_is_refused(
    tmp_path: Path, parts: dict[str, bytes], window: object
) -> None:
    about = described(parts)
    ways = [["model", *way] for way in places(about["model"]) if way[-1] == "window"]
    assert ways
    for way in ways:
        refusal(tmp_path / "a.model", changed(parts, holding(about, way, window)))


def test_a_text_that_lacks_a_part_is_refused(tmp_path: Path, parts: dict[str, bytes]) -> None:
    about = described(parts)
    for way in [["model"], *(["model", key] for key in about["model"])]:
        other = json.loads(json.dumps(about))
        del (other if len(way) == 1 else other["model"])[way[-1]]
        refusal(tmp_path / "a.model", changed(parts, other))


@pytest.mark.parametrize("fs", [0, -1, "x", True, 5e-324, 1e300])
def test_a_rate_that_is_none_is_refused(tmp_path: Path, content: bytes, fs: object) -> None:
    about = described(members(content))
    refusal(tmp_path / "a.model", changed(members(content), holding(about, ["model", "fs"], fs)))


def test_arrays_that_do_not_belong_together_are_refused(
    tmp_path: Path, parts: dict[str, bytes]
) -> None:
    path = tmp_path / "a.model"
    path.write_bytes(packed(parts))
    arrays, about = FORMAT.read(path)
    for name in {re.sub(r"\d+", "", name): name for name in arrays}.values():
        array = arrays[name]
        longer = np.concatenate([array, array]) if array.ndim else np.array([array, array])
        wrong = [longer, array[:0], array.astype(str), array[..., None]]
        if array.dtype.kind != "c":
            wrong.append(array.astype(complex))
        # A normal spectrum may have a gap.
        if not name.endswith(("rows", "means")):
            wrong.append(np.where(np.arange(array.size).reshape(array.shape) == 0, np.nan, array))
        for each in wrong:
            with pytest.raises(DAMAGE):
                unpack(Model, about["model"], arrays | {name: each})
        with pytest.raises(DAMAGE):
            unpack(Model, about["model"], {key: arrays[key] for key in arrays.keys() - {name}})
    refusal(path, packed(parts | {f"{name}.npy": written(longer)}))
    refusal(path, packed({key: parts[key] for key in parts.keys() - {f"{name}.npy"}}))
    refusal(path, packed(parts | {"more.npy": written(np.zeros(1))}))


def test_an_array_larger_than_memory_is_refused(tmp_path: Path, content: bytes) -> None:
    parts = members(content)
    for name in parts:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "<f8", "fortran_order": False, "shape": (10**13,)}
        )
        refusal(tmp_path / "a.model", packed(parts | {name: header.getvalue() + bytes(64)}))


@settings(QUICK, max_examples=60)
@given(st.integers(0, 2**32))
def test_a_file_altered_with_valid_checksums_is_refused_or_harmless(
    tmp_path: Path, parts: dict[str, bytes], seed: int
) -> None:
    path = tmp_path / "a.model"
    path.write_bytes(altered(parts, np.random.default_rng(seed)))
    try:
        again = Model.load(path)
        # A number may be extreme without being wrong.
        with np.errstate(all="ignore"):
            repr(spectra.score(again, signal()))
    except DataError:
        return
    again.save(path)
    assert Model.load(path).channels == again.channels


def test_what_unpacks_to_far_more_is_refused_before_it_is_unpacked(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "a.model"
    path.write_bytes(content)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("more.npy", bytes(1 << 26))
    tracemalloc.start()
    try:
        refusal(path, path.read_bytes())
        assert tracemalloc.get_traced_memory()[1] < 1 << 24
    finally:
        tracemalloc.stop()


def test_too_many_members_are_refused_before_they_are_listed(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "a.model"
    path.write_bytes(content)
    with zipfile.ZipFile(path, "a") as file:
        for i in range(20_000):
            file.writestr(f"{i}.npy", b"")
    content = path.read_bytes()
    tracemalloc.start()
    try:
        refusal(path, content)
        assert tracemalloc.get_traced_memory()[1] < 1 << 24
    finally:
        tracemalloc.stop()


def test_a_model_so_regular_that_it_would_unpack_to_too_much_is_not_compressed(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "BASE", 0)
    monkeypatch.setattr(archive, "MAX_RATIO", 1.01)
    model.save(tmp_path / "a.model")
    with zipfile.ZipFile(tmp_path / "a.model") as file:
        assert {member.compress_type for member in file.infolist()} == {zipfile.ZIP_STORED}
    np.testing.assert_array_equal(Model.load(tmp_path / "a.model").constant, model.constant)


@pytest.mark.parametrize("extra", ['"version": 4, ', '"more": 1, '])
def test_a_part_of_the_text_that_comes_twice_or_is_unknown_is_refused(
    tmp_path: Path, content: bytes, extra: str
) -> None:
    text = json.dumps(described(members(content)))
    other = members(content) | {"about.npy": written("{" + extra + text[1:])}
    assert "is not a model file or is damaged" in refusal(tmp_path / "a.model", packed(other))


def test_a_member_that_comes_twice_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.model"
    path.write_bytes(content)
    with zipfile.ZipFile(path, "a") as file:
        name = file.namelist()[-1]
        part = file.read(name)
        # zipfile warns of a second member of one name.
        file.NameToInfo.clear()
        file.writestr(name, part)
    refusal(path, path.read_bytes())


def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.model"
    for old in (None, b"the old one"):
        if old is not None:
            path.write_bytes(old)
        for failure in (KeyboardInterrupt(), OSError(28, "No space left on device")):

            def interrupted(
                file: io.BufferedWriter, *_: object, failure: BaseException = failure, **__: object
            ) -> None:
                file.write(b"half of it")
                raise failure

            with monkeypatch.context() as patch:
                patch.setattr(np, "savez_compressed", interrupted)
                with pytest.raises((KeyboardInterrupt, DataError)):
                    model.save(path)
        assert [found.read_bytes() for found in tmp_path.iterdir()] == (
            [] if old is None else [old]
        )


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path, model: Model) -> None:
    for path in (tmp_path / "none" / "a.model", tmp_path):
        with pytest.raises(DataError, match="cannot be written"):
            model.save(path)
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_not_replaced_and_a_link_is_followed(tmp_path: Path, model: Model) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="pipe cannot be written: it is no file"):
        model.save(tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()
    (tmp_path / "link.model").symlink_to(tmp_path / "a.model")
    model.save(tmp_path / "link.model")
    assert (tmp_path / "link.model").is_symlink()
    assert (tmp_path / "a.model").is_file()


@pytest.mark.parametrize(
    ("channels", "learned", "found"),
    [
        ("X130_FE X130_DE", "X097_DE X097_FE", "X130_DE X130_FE"),
        ("ax2", "ax1", "ax2"),
        ("b a", "a b", "a b"),
        ("X130_DE_1 X130_DE_2", "X097_DE_1 X097_DE_2", ""),
        ("ch2 ch3", "ch1 ch2", ""),
        ("p1_in p2_out", "p3_in p4_out", ""),
        ("X130_DE X130_FE X130_BA", "X097_DE X097_FE", ""),
        ("X130_DE", "X097_DE X097_FE", ""),
        ("temp", "temp1", ""),
        ("value", "ch1", "value"),
        ("ch1", "value", "ch1"),
        ("value", "temp", ""),
        ("temp", "value", ""),
        ("value", "ch1 ch2", ""),
    ],
)
def test_channels_correspond_where_one_number_is_another(
    channels: str, learned: str, found: str
) -> None:
    assert corresponding(tuple(channels.split()), tuple(learned.split())) == tuple(found.split())


def test_a_recording_with_another_number_in_its_names_is_scored_with_a_note() -> None:
    normal = signal()
    model = spectra.learn(replace(normal, channels=("X097_DE", "X097_FE")))
    other = replace(signal(1), channels=("X130_DE", "X130_FE"))
    swapped = replace(other, values=other.values[:, ::-1], channels=("X130_FE", "X130_DE"))
    expected = spectra.score(model, replace(other, channels=("X097_DE", "X097_FE")))
    for recording in (other, swapped):
        found = spectra.score(model, recording)
        assert np.array_equal(found.step_scores.z, expected.step_scores.z)
        assert found.recording.channels == ("X130_DE", "X130_FE")
        told = "taken are X130_DE as X097_DE, X130_FE as X097_FE."
        assert any(note.endswith(told) for note in found.notes)
    assert not any("called otherwise" in note for note in expected.notes)


def test_a_model_is_printed_without_what_it_has_learned(model: Model) -> None:
    printed = repr(model)
    assert printed.startswith(f"Model(method={model.method!r}, fs=")
    assert f"channels={model.channels!r}" in printed
    assert len(printed) < 300


def test_a_model_in_place_of_a_recording_is_sent_to_score(model: Model) -> None:
    given: Any = model
    for call in (
        lambda: spectra.detect(signal(), normal=given),
        lambda: spectra.learn(given),
        lambda: spectra.score(model, given),
    ):
        with pytest.raises(DataError, match=r"score\(model, recording\) compares one with it"):
            call()
