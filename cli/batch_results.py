"""Results of the recordings of a batch: scored, written, and then recorded as finished."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from spectra.atomic import replacing, writing
from spectra.cli.batch_records import (
    ENDINGS,
    PAGE,
    SCORES,
    Finished,
    Item,
    Outcome,
    Settings,
    Task,
    file_name_of,
    record_of,
)
from spectra.cli.files import write_scores
from spectra.cli.formats import alarm_rows, parquet_table, rendered
from spectra.cli.options import Output
from spectra.cli.run import scores_of
from spectra.errors import DataError
from spectra.text import page, well_formed

if TYPE_CHECKING:
    from spectra.datasets import Recording
    from spectra.detection import Detection
    from spectra.html_report.index import Entry
    from spectra.model import Model

# Columns of the summary that describe the worst alarm of a recording, and those of them as texts.
WORST: Final = (
    "start", "end", "peak", "start_time", "score", "p_value", "channel", "f_low", "f_high",
    "first_row", "last_row", "duration",
)  # fmt: skip
TIMES: Final = ("start", "end", "peak")


def work(task: Task, settings: Settings) -> list[Outcome]:
    """Score the recordings of a task, and write their results and then their records."""
    from spectra.threads import one_blas_thread

    # BLAS threads sum in another order, which changes the last digits.
    with one_blas_thread():
        if isinstance(task.source, str):
            (item,) = task.items
            return [_attempted(item, _series_of(item, task.source, settings), settings)]
        sensors = task.source.read(**settings.reading.choices())
        try:
            return [
                _attempted(item, partial(dict, {"": part}), settings)
                for item, (_, part) in zip(task.items, sensors, strict=True)
            ]
        except DataError as error:
            return [_failed(item, str(error), settings) for item in task.items]


def _series_of(
    item: Item, path: str, settings: Settings
) -> "Callable[[], dict[str, Recording | DataError]]":
    """Return the function that reads the series of a file."""

    def read() -> "dict[str, Recording | DataError]":
        from spectra.datasets import read_series

        choices = {**settings.reading.choices(), "name": item.name}
        try:
            found = read_series(path, **choices)
        except DataError as error:
            raise _named(error, path, item.name) from error
        return {
            key: _named(each, path, item.name) if isinstance(each, DataError) else each
            for key, each in found.items()
        }

    return read


def _named(error: DataError, path: str, name: str) -> DataError:
    """Return an error with the name of the file as it was given."""
    text = str(error).replace(path, name)
    return DataError(text if name in text else f"{name}: {text}")


def _attempted(
    item: Item, read: "Callable[[], dict[str, Recording | DataError]]", settings: Settings
) -> Outcome:
    """Return the outcome of an item; whatever is wrong with it is the reason.

    Raises DataError where its results cannot be written, as those of no other could be.
    """
    # A record must never stand beside results of another state.
    record_of(item, settings).unlink(missing_ok=True)
    try:
        found, rows = _scored(item, read(), settings)
    except DataError as error:
        return _failed(item, str(error), settings)
    except MemoryError:
        return _failed(item, f"{item.name}: there is not enough memory for it.", settings)
    except Exception as error:
        # Any error on one recording must not lose those of the others.
        reason = f"{item.name}: it cannot be scored ({type(error).__name__}: {error})."
        return _failed(item, reason, settings)
    try:
        return Outcome(item, _written(item, found, rows, settings))
    except DataError:
        raise
    except Exception as error:
        reason = f"{item.name}: its results cannot be made ({type(error).__name__}: {error})."
        return _failed(item, reason, settings)


def _failed(item: Item, reason: str, settings: Settings) -> Outcome:
    """Return the outcome of a recording that fails; results of before would be those of another."""
    with suppress(OSError):
        for ending in ENDINGS:
            Path(settings.folder, f"{item.place}{ending}").unlink(missing_ok=True)
    return Outcome(item, None, well_formed(reason))


def _scored(
    item: Item, series: "dict[str, Recording | DataError]", settings: Settings
) -> "tuple[dict[str, Detection], list[dict[str, Any]]]":
    """Return the detections of the series of an item by their names, and rows of the summary.

    Raises DataError where no series can be scored.
    """
    found: dict[str, Detection] = {}
    rows: list[dict[str, Any]] = []
    find = _finder(settings)
    for key, recording in series.items():
        name = f"{item.name} [{key}]" if key else item.name
        row: dict[str, Any] = {"recording": name, "result": _result(item, settings)}
        try:
            if isinstance(recording, DataError):
                raise recording
            found[name] = find(recording)
            rows.append(row | _figures(found[name], settings.output))
        except DataError as error:
            rows.append(row | {"error": well_formed(str(error))})
    if not found:
        raise DataError(str(rows[0]["error"]))
    return found, rows


def _written(
    item: Item,
    found: "dict[str, Detection]",
    rows: list[dict[str, Any]],
    settings: Settings,
) -> Finished:
    """Write the results of an item, and then the record that they are finished."""
    entries: list[Entry] = []
    written = [_write_alarms(item, found, settings)]
    if settings.scores:
        written.append(_write_scores(item, found, settings))
    if settings.report:
        for name, detection in found.items():
            path, entry = _write_page(item, name, detection, settings)
            written.append(path)
            entries.append(entry)
    folder = Path(settings.folder)
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in written}
    finished = Finished(settings.hash, item.state, sizes, rows, [asdict(each) for each in entries])
    path = _with_folder(record_of(item, settings))
    with replacing(path) as file:
        file.write(json.dumps(asdict(finished)).encode())
    return finished


def _finder(settings: Settings) -> "Callable[[Recording], Detection]":
    """Return the function that finds the anomalies of a recording."""
    from spectra.pipeline import detect, score

    if settings.model is None:
        return partial(detect, method=settings.method, **settings.threshold)
    return partial(score, _loaded(settings.model, settings.model_hash), **settings.threshold)


@lru_cache(maxsize=1)
def _loaded(path: str, model_hash: str) -> "Model":
    """Return the model in a file, which is read once by each process."""
    from spectra.model import Model

    return Model.load(path)


def _result(item: Item, settings: Settings) -> str:
    """Return the path of the result file of an item below the folder of the batch."""
    return f"{item.place}.{settings.output.format}"


def _figures(detection: "Detection", output: Output) -> dict[str, Any]:
    """Return the columns of the summary: the size of a recording, and its worst alarm."""
    alarms = alarm_rows(detection, output)
    # The scores of alarms are finite.
    worst = alarms[int(detection.alarms["score"].argmax())] if alarms else {}
    times = {name: None if name not in worst else str(worst[name]) for name in TIMES}
    return {
        "n_samples": detection.recording.n_samples,
        "n_channels": detection.recording.n_channels,
        "fs": detection.fs,
        "nperseg": detection.nperseg,
        "n_alarms": len(alarms),
        "smallest_p": detection.fusion.smallest_p,
        **times,
        **{name: worst.get(name) for name in WORST if name not in TIMES},
    }


def _place(item: Item, settings: Settings, ending: str) -> Path:
    """Return the path of a file of an item, whose folder is made."""
    return _with_folder(Path(settings.folder, f"{item.place}{ending}"))


def _with_folder(path: Path) -> Path:
    """Return a path, whose folder is made; raise DataError where it cannot be."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _write_alarms(item: Item, found: "dict[str, Detection]", settings: Settings) -> Path:
    """Write the alarms in the form that spectra detect prints."""
    output = settings.output
    if output.format == "parquet":
        content = parquet_table(found.items(), output)
    else:
        texts = (page(text).removesuffix("\n") for text in rendered(found.items(), output, None))
        content = "".join(f"{text}\n" for text in texts).encode()
    path = _place(item, settings, f".{output.format}")
    with replacing(path) as file:
        file.write(content)
    return path


def _write_scores(item: Item, found: "dict[str, Detection]", settings: Settings) -> Path:
    """Write one line for each row of a file."""
    path = _place(item, settings, SCORES)
    names = {name[len(item.name) + 2 : -1]: detection for name, detection in found.items()}
    table = scores_of(names if len(found) > 1 else found)
    write_scores(table, path, keep_formulas=settings.output.keep_formulas)
    return path


def _write_page(
    item: Item, name: str, detection: "Detection", settings: Settings
) -> "tuple[Path, Entry]":
    """Write the page of a recording, and return its entry of the index."""
    from spectra.html_report.index import Entry
    from spectra.html_report.page import write_report

    series = name[len(item.name) + 1 :]
    path = _place(item, settings, f"{file_name_of(series)}{PAGE}" if series else PAGE)
    write_report(detection, path, command=settings.command)
    link = quote(path.relative_to(settings.folder).as_posix())
    return path, Entry.of(detection, link, name)
