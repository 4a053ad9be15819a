"""Series in the answers of programs: pairs, maps from times, lists side by side, rows of names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Any

from spectra.datasets.readers.cells.names import is_unit, names_only_time, names_time
from spectra.datasets.readers.dates.dates import is_date

_DEEPEST = 8
"""Levels at which series are looked for."""
_A_FEW = 20
"""Elements of a list that show what it holds."""
_FEW_KEYS = 2
"""Keys of an object that holds no records."""
_MOST_NAMES = 1000
"""Objects in a list beside which lists of numbers are looked for."""
_LONGEST_LABEL = 1000
"""Letters of the name of a series, which each of its samples repeats."""
_EPOCHS = ((1e8, 1e10), (1e11, 1e13), (1e14, 1e16), (1e17, 1e19))
"""Ranges of seconds, milliseconds, microseconds and nanoseconds since 1970."""
_NAME_KEYS = ("name", "ColumnName", "columnName")
"""Keys of the name of a column, beside its kind."""
_COLUMN_KEYS = frozenset({"columns", "columnnames", "column_names", "fields", "header"})
_UNIT_KEYS = ("unit", "units")
_TITLE_KEYS = ("label", "displayName", "title", "name", "attrName", "target")
_DIGITS = re.compile(r"\d{1,20}(?:\.\d{1,9})?")
"""A number of seconds, or of parts of them, as a text."""


_STREAM_KEYS = ("type", "key", *_TITLE_KEYS)


@dataclass(frozen=True)
class _Series:
    """Columns of one length, and the texts and keys around them, which tell series apart."""

    columns: dict[str, list[Any]]
    around: dict[str, str]
    is_records: bool = False


def series_in(value: Any) -> dict[str, list[Any]] | None:
    """Return the columns of all series inside a value of JSON, one below another.

    A column "series" names the series of each row where there are several. None is returned where
    there is no series, or a single list of records.
    """
    if isinstance(value, list) and not any(_found(each, 1) for each in value[:3]):
        return _streams(value)
    found = _found(value, 0)
    by_columns: dict[tuple[str, ...], list[_Series]] = {}
    for one in found:
        by_columns.setdefault(tuple(one.columns), []).append(one)
    if not by_columns:
        return None
    series = max(by_columns.values(), key=lambda alike: sum(map(_length, alike)))
    if len(series) == 1:
        return None if series[0].is_records else series[0].columns
    labels = _labels(series)
    columns = {"series": [label for label, one in labels for _ in range(_length(one))]}
    for key in series[0].columns:
        columns[key] = [cell for one in series for cell in one.columns[key]]
    return columns


def _streams(value: list[Any]) -> dict[str, list[Any]] | None:
    """Return the lists of objects that hold one each and its name, as [{"type": …, "data": […]}].

    One of them has the times of all others.
    """
    found: dict[str, list[Any]] = {}
    for one in value[:_MOST_NAMES] if all(isinstance(each, dict) for each in value) else ():
        lists = [each for each in one.values() if _is_plain_list(each)]
        named = next((one[key] for key in _STREAM_KEYS if isinstance(one.get(key), str)), "")
        if len(lists) != 1 or not named:
            return None
        found[named] = lists[0]
    return _beside(found) if 1 < len(found) == len(value) else None


def _length(one: _Series) -> int:
    """Return the number of samples of a series."""
    return len(next(iter(one.columns.values())))


def _labels(series: Sequence[_Series]) -> list[tuple[str, _Series]]:
    """Return each series with the texts around it that are not those of all others."""
    keys = [key for key in series[0].around if all(key in one.around for one in series)]
    differ = [key for key in keys if len({one.around[key] for one in series}) > 1]
    named = []
    for one in series:
        texts = dict.fromkeys(one.around[key] for key in differ if one.around[key])
        named.append(", ".join(texts)[:_LONGEST_LABEL])
    if len({*named}) < len(named) and not _follow(series):
        named = [f"{number} {label}".strip() for number, label in enumerate(named, start=1)]
    return list(zip(named, series, strict=True))


def _follow(series: Sequence[_Series]) -> bool:
    """Return True if each series begins after the end of the one before, as messages do."""
    times = [next(iter(one.columns.values())) for one in series]
    try:
        return all(a[-1] < b[0] for a, b in pairwise(times))
    except TypeError:
        return False


def _found(value: Any, level: int) -> list[_Series]:
    """Return the series inside a value."""
    if level > _DEEPEST:
        return []
    if isinstance(value, list):
        if (columns := _pairs(value)) is not None:
            return [_Series(columns, {})]
        if not any(_found(each, level + 1) for each in value[:3]):
            columns = _records(value)
            return [] if columns is None else [_Series(columns, {}, is_records=True)]
        return [one for each in value for one in _found(each, level + 1)]
    if not isinstance(value, dict):
        return []
    if (columns := _map(value)) is not None:
        return [_Series(columns, {})]
    if (columns := _rows(value)) is not None:
        return [_Series(columns, dict(_texts(value)))]
    if (columns := _keyed_records(value)) is not None:
        return [_Series(columns, {})]
    inner = {key: found for key, each in value.items() if (found := _found(each, level + 1))}
    if not any(inner.values()):
        columns = _beside(value)
        return [] if columns is None else [_Series(columns, dict(_texts(value)))]
    if (columns := _side_by_side(inner)) is not None:
        return [_Series(columns, {})]
    texts = dict(_texts({key: each for key, each in value.items() if key not in inner}))
    return [
        replace(one, around={**texts, f"key {level}": key, **one.around})
        for key, found in inner.items()
        for one in found
    ]


def _texts(value: dict[str, Any], path: str = "", level: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the texts of an object and of those inside it, by their paths."""
    for key, each in value.items():
        if isinstance(each, str):
            yield f"{path}{key}", each
        elif isinstance(each, dict) and level < _DEEPEST:
            yield from _texts(each, f"{path}{key}.", level + 1)
        elif isinstance(each, list) and len(each) < _A_FEW and level < _DEEPEST:
            inner = {str(i): one for i, one in enumerate(each) if isinstance(one, dict)}
            yield from _texts(inner, f"{path}{key}.", level + 1)


def _side_by_side(inner: dict[str, list[_Series]]) -> dict[str, list[Any]] | None:
    """Return series of one time and one value each, with the key of each as its name."""
    alike = [found[0] for found in inner.values() if len(found) == 1]
    if len(alike) < len(inner) or len(inner) < 2:
        return None
    first, *others = (list(one.columns) for one in alike)
    if len(first) != 2 or any(other != first for other in others):
        return None
    times = alike[0].columns[first[0]]
    if any(one.columns[first[0]] != times for one in alike[1:]):
        return None
    values = {
        f"{key}{_unit_in(one.around)}": one.columns[first[1]]
        for key, one in zip(inner, alike, strict=True)
    }
    return {first[0]: times, **values} if first[0] not in values else None


def _unit_in(value: Mapping[str, Any]) -> str:
    """Return the unit that an object gives for its values in brackets, "" without one."""
    unit = next((value[key] for key in _UNIT_KEYS if isinstance(value.get(key), str)), "")
    return f" [{unit}]" if is_unit(unit) else ""


def _is_plain(value: Any) -> bool:
    """Return True for a number, a text, a truth or nothing."""
    return not isinstance(value, (list, dict))


def _is_plain_list(value: Any) -> bool:
    """Return True for a list of two or more plain values, by its first ones."""
    return isinstance(value, list) and len(value) > 1 and all(map(_is_plain, value[:_A_FEW]))


def _is_time(name: str, cells: list[Any]) -> bool:
    """Return True if plain values are instants: dates, times since 1970, or named so and rising."""
    last = cells[max(_A_FEW, len(cells) - 2) :]
    shown = [cell for cell in [*cells[:_A_FEW], *last] if cell is not None]
    if not shown:
        return False
    if all(isinstance(cell, str) and _number(cell) is None for cell in shown):
        return all(is_date(cell, months=False) for cell in shown)
    numbers = [_number(cell) for cell in shown]
    if any(number is None for number in numbers):
        return False
    known = [number for number in numbers if number is not None]
    since_1970 = any(all(low <= number < high for number in known) for low, high in _EPOCHS)
    rises = all(a < b for a, b in pairwise(known))
    falls = all(a > b for a, b in pairwise(known))
    # An instant is the name of a value, such as that of a map from times.
    named = names_only_time(name) and not is_date(name, months=False)
    return (since_1970 and (rises or falls)) or (named and rises)


def _number(cell: Any) -> float | None:
    """Return a number, or that of a text of digits, None for anything else."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return float(cell) if abs(cell) < 1e300 else None
    return float(cell) if isinstance(cell, str) and _DIGITS.fullmatch(cell) else None


def _pairs(value: list[Any]) -> dict[str, list[Any]] | None:
    """Return the times and values of a list of pairs of both, in either order."""
    if len(value) < 2 or not all(isinstance(row, list) and len(row) == 2 for row in value):
        return None
    first, second = [row[0] for row in value], [row[1] for row in value]
    if not _is_plain_list(first) or not _is_plain_list(second):
        return None
    if _is_time("", first):
        return {"time": first, "value": second}
    return {"time": second, "value": first} if _is_time("", second) else None


def _records(value: list[Any]) -> dict[str, list[Any]] | None:
    """Return the columns of a list of plain records with a time."""
    if len(value) < 2 or not all(isinstance(row, dict) for row in value):
        return None
    # A record without a value, even the first one, may lack its key.
    first = {key: cell for row in reversed(value) for key, cell in row.items()}
    keys = [*dict.fromkeys(key for row in value for key in row if _is_plain(first[key]))]
    columns = {key: [row.get(key) for row in value] for key in keys}
    timed = any(_is_time(key, cells) for key, cells in columns.items())
    return columns if timed and len(keys) > 1 else None


def _keyed_records(value: dict[str, Any]) -> dict[str, list[Any]] | None:
    """Return the columns of plain records with a time, each behind a key of its own."""
    return _records([*value.values()]) if len(value) > _FEW_KEYS else None


def _map(value: dict[str, Any]) -> dict[str, list[Any]] | None:
    """Return the columns of an object that has a value, or a record, at each of its instants."""
    if len(value) < 2 or not _is_time("", list(islice(value, _A_FEW))):
        return None
    times, cells = list(value), list(value.values())
    if not _is_time("", times):
        return None
    if all(map(_is_plain, cells)):
        return {"time": times, "value": cells}
    if _is_matrix(cells):
        columns = map(list, zip(*cells, strict=True))
        return {"time": times, **{f"value {i}": one for i, one in enumerate(columns, start=1)}}
    if not all(isinstance(cell, dict) for cell in cells):
        return None
    keys = [key for key, cell in cells[0].items() if _is_plain(cell) and key != "time"]
    return {"time": times, **{key: [cell.get(key) for cell in cells] for key in keys}}


def _rows(value: dict[str, Any]) -> dict[str, list[Any]] | None:
    """Return the columns of rows, or of lists of values, whose names stand beside them."""
    for key, rows in value.items():
        if isinstance(rows, dict):
            rows = next((each for each in rows.values() if _is_matrix(each)), None)
        if not _is_matrix(rows) and not _is_one_column(rows):
            continue
        others = {name: each for name, each in value.items() if name != key}
        for columns in ([*map(list, zip(*rows, strict=True))], rows):
            if len(columns[0]) < 2 or len(columns) > _MOST_NAMES:
                continue
            names = _names(others, len(columns), 0)
            if names and _is_time("", [*names]):
                # As many instants as there are columns name none of them.
                continue
            found = dict(zip(names, columns, strict=False)) if names else {}
            if any(_is_time(name, cells) for name, cells in found.items()):
                return found
            times = {
                name: each
                for name, each in others.items()
                if _is_plain_list(each)
                and len(each) == len(columns[0])
                and _is_time(name, each)
                and name not in found
            }
            if found and times:
                return {**dict(islice(times.items(), 1)), **found}
    return None


def _is_matrix(value: Any) -> bool:
    """Return True for a list of lists of plain values, all of one length."""
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(map(_is_plain_list, value[:_A_FEW]))
        and all(isinstance(row, list) and len(row) == len(value[0]) for row in value)
    )


def _is_one_column(value: Any) -> bool:
    """Return True for a list of rows of one plain value each."""
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(isinstance(row, list) and len(row) == 1 and _is_plain(row[0]) for row in value)
    )


def _names(value: Any, count: int, level: int) -> list[str] | None:
    """Return so many different names inside a value: texts, or objects with a name each."""
    if isinstance(value, list) and len(value) == count:
        said = [_name(each) if isinstance(each, dict) else each for each in value]
        names = [name for name in said if isinstance(name, str)]
        if len({*names}) == count == len(names):
            return names
    if level > 3:
        return None
    inner = [*map(_listed, value.items())] if isinstance(value, dict) else []
    found = (_names(each, count, level + 1) for each in inner if isinstance(each, (dict, list)))
    return next((names for names in found if names), None)


def _listed(item: tuple[str, Any]) -> Any:
    """Return the value of a key, a text of names between commas below "columns" as their list."""
    key, value = item
    listed = isinstance(value, str) and key.casefold() in _COLUMN_KEYS
    return [name.strip() for name in value.split(",")] if listed else value


def _name(value: dict[str, Any]) -> Any:
    """Return the name in an object that describes a column, with the unit in it."""
    name = next((value[key] for key in _NAME_KEYS if key in value), None)
    return f"{name}{_unit_in(value)}" if isinstance(name, str) else name


def _beside(value: dict[str, Any]) -> dict[str, list[Any]] | None:
    """Return the lists of one length inside an object that has a time among them."""
    lists = list(islice(_lists(value, (), 0), _MOST_NAMES))
    for length in sorted({len(cells) for _, cells in lists}, reverse=True):
        alike = [(path, cells) for path, cells in lists if len(cells) == length]
        last = {path[-1] for path, _ in alike}
        # The last key says nothing where all lists have it: time.data, heartrate.data.
        common = len(last) == 1 and min(len(path) for path, _ in alike) > 1
        columns = {".".join(path[: len(path) - common]): cells for path, cells in alike}
        if len(columns) == len(alike) > 1:
            times = [name for name, cells in columns.items() if _is_time(name, cells)]
            if times and not any(map(names_time, times)) and "time" not in columns:
                # Charts call the instants of their points "labels".
                columns = {"time": columns[times[0]], **columns}
                del columns[times[0]]
            if times:
                return columns
    return None


def _lists(value: Any, path: tuple[str, ...], level: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the lists of plain values inside a value, each with its keys or its title."""
    if _is_plain_list(value):
        yield path, value
    elif level > 4 or not isinstance(value, (dict, list)) or len(value) > _MOST_NAMES:
        return
    elif isinstance(value, list):
        for number, each in enumerate(value, start=1):
            yield from _lists(each, (*path, str(number)), level + 1)
    else:
        titles = (value.get(key) for key in _TITLE_KEYS)
        title = next((text for text in titles if isinstance(text, str) and text), None)
        here = [key for key, each in value.items() if _is_plain_list(each)]
        unit = _unit_in(value)
        owner = (*path[:-1], f"{path[-1]}{unit}") if path else path
        for key, each in value.items():
            alone = here == [key]
            titled = (f"{title}{unit}",) if alone and title else None
            yield from _lists(each, titled or (*(owner if alone else path), key), level + 1)
