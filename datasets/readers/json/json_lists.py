"""Lists of records inside a value of JSON: the longest, and those that are left out beside it."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from spectra.datasets.readers.cells.names import is_unit
from spectra.datasets.readers.json.json_series import series_in
from spectra.datasets.readers.json.json_wrapped import table_of

Records: TypeAlias = list[Any] | dict[str, list[Any]]
"""A record a row, or a list a column."""
_DEEPEST = 6
"""Levels at which a list of records is looked for."""
_FEWEST = 3
"""Rows from which on a list that is left out is told of."""
_MOST_KEYS = 1000
_SINCE_1970 = 10**8
"""Numbers from which on keys are instants, in seconds or parts of them since 1970."""
_NAMES = ("name", "label", "channel", "signal", "sensor", "title", "id")
_UNITS = ("unit", "units")
"""Keys of the name and the unit of a signal."""


def records_in(value: Any) -> Records | None:
    """Return the samples of the series inside a value, or its longest list of records."""
    if (table := table_of(value) or _by_count(value)) is not None:
        return table
    records, series = _longest(value, 0), series_in(value)
    if isinstance(records, list) and (signals := _signals(records)) is not None:
        records = signals
    if series is None or (records is not None and length_of(records) > length_of(series)):
        return records
    return series


def _by_count(value: Any) -> dict[str, list[Any]] | None:
    """Return the columns of an object from names to values by their count: {"a": {"0": 1}}.

    pandas writes a frame so, whose rows have numbers.
    """
    columns = value if isinstance(value, dict) else {}
    first, *others = [*columns.values()] or [None]
    if not isinstance(first, dict) or len(first) < 2 or not all(map(str.isdecimal, first)):
        return None
    rows = [*map(int, first)]
    if rows != sorted(rows) or rows[-1] >= _SINCE_1970 or all(map(str.isdecimal, columns)):
        return None
    if not all(isinstance(one, dict) and one.keys() == first.keys() for one in others):
        return None
    cells = [cell for one in columns.values() for cell in one.values()]
    if any(isinstance(cell, (dict, list)) for cell in cells):
        return None
    return {name: [one[key] for key in first] for name, one in columns.items()}


def _signals(records: list[Any]) -> Records | None:
    """Return the lists of objects that hold a name and a list of numbers each, one a channel."""
    found: dict[str, list[Any]] = {}
    for one in records[:_MOST_KEYS] if all(isinstance(each, dict) for each in records) else ():
        lists = [each for each in one.values() if isinstance(each, list)]
        name = next((one[key] for key in _NAMES if isinstance(one.get(key), str)), "")
        unit = next((one[key] for key in _UNITS if isinstance(one.get(key), str)), "")
        if len(lists) != 1 or not name or not all(map(_is_number, lists[0])):
            return None
        found[f"{name} [{unit}]" if is_unit(unit) else name] = lists[0]
    lengths = {len(each) for each in found.values()}
    whole = len(found) == len(records) and len(lengths) == 1 and min(lengths) > 1
    return found if whole else None


def _is_number(value: Any) -> bool:
    """Return True for a number, or nothing in the place of one."""
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def length_of(records: Records) -> int:
    """Return the number of rows."""
    return len(next(iter(records.values()))) if isinstance(records, dict) else len(records)


def note_on_others(value: Any, records: Records) -> tuple[str, ...]:
    """Return a note on the lists of numbers in an object beside those that are the records."""
    if not isinstance(value, dict) or (isinstance(records, dict) and "series" in records):
        return ()
    bare = {key.partition(" [")[0] for key in records} if isinstance(records, dict) else set()
    taken = {id(one) for one in (*records.values(), records)} if isinstance(records, dict) else {0}
    others = [
        (name, count)
        for name, count, lists in _tables(value, "", 0)
        if count >= _FEWEST
        and id(records) not in lists
        and not taken & lists
        # Series of one time are the columns of their names.
        and not (isinstance(records, dict) and {name, *name.split(".")} & bare)
    ]
    if not others or (isinstance(records, list) and not _is_inside(value, records)):
        return ()
    name, count = others[0]
    more = f" and {len(others) - 1} more lists" if len(others) > 1 else ""
    return (
        f"'{name}' holds {count} rows of its own{more}: left out (save them as a file of their "
        "own to read them).",
    )


def _is_inside(value: dict[str, Any], records: list[Any]) -> bool:
    """Return True if the records are a list of the object itself, not put together from several."""
    return any(id(records) in lists for _, _, lists in _tables(value, "", 0))


def _tables(value: Any, path: str, level: int) -> Iterator[tuple[str, int, set[int]]]:
    """Yield the name, the rows and the lists of each table inside an object."""
    if not isinstance(value, dict) or level > _DEEPEST or len(value) > _MOST_KEYS:
        return
    plain = [one for one in value.values() if isinstance(one, list) and _is_plain(one)]
    if len(plain) > 1 and len({*map(len, plain)}) == 1 and any(map(_has_number, plain)):
        yield path, len(plain[0]), {*map(id, plain)}
    for key, one in value.items():
        name = f"{path}.{key}" if path else str(key)
        if isinstance(one, list) and all(isinstance(row, dict) for row in one[:_FEWEST]):
            if one and len(one[0]) > 1 and _has_number([*one[0].values()]):
                yield name, len(one), {id(one)}
        elif isinstance(one, dict):
            yield from _tables(one, name, level + 1)


def _is_plain(values: list[Any]) -> bool:
    """Return True if a list begins with numbers or texts."""
    return bool(values) and not any(isinstance(one, (dict, list)) for one in values[:_FEWEST])


def _has_number(values: list[Any]) -> bool:
    """Return True if there is a number among the first values."""
    return any(isinstance(one, (int, float)) for one in values[:20])


def _siblings(value: dict[str, Any], level: int) -> dict[str, list[Any]] | None:
    """Return the one list inside each of several objects, all of one key and length."""
    found: dict[str, list[Any]] = {}
    keys = set[str]()
    for name, one in value.items():
        lists = _longest(one, level + 1) if isinstance(one, dict) else None
        if isinstance(lists, dict) and len(lists) == 1:
            ((key, found[name]),) = lists.items()
            keys.add(key)
    same = len(keys) == 1 and len({*map(len, found.values())}) == 1
    return found if same and len(found) > 1 else None


def _longest(value: Any, level: int) -> Records | None:
    """Return the longest list of records, or columns of one length, inside a value."""
    if level > _DEEPEST:
        return None
    if isinstance(value, list):
        if len(value) > 1 and all(isinstance(one, (dict, list)) for one in value):
            return value
        inner = value[:8]
    elif isinstance(value, dict):
        lists = {key: one for key, one in value.items() if isinstance(one, list)}
        lengths = {len(one) for one in lists.values()}
        plain = all(not isinstance(one, (dict, list)) for each in lists.values() for one in each)
        if lists and lengths - {0, 1} and len(lengths) == 1 and plain:
            return lists
        if (siblings := _siblings(value, level)) is not None:
            return siblings
        inner = list(value.values())
    else:
        return None
    found = [one for each in inner if (one := _longest(each, level + 1)) is not None]
    return max(found, key=length_of, default=None)
