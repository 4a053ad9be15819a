"""Model files altered at random, each with valid checksums: what the fuzz tests feed to `load`."""

import io
import json
import zipfile
from typing import Any

import numpy as np

Parts = dict[str, bytes]

# Values in place of a number, a text, a list or an object of the text of a model.
HOSTILE: list[Any] = [
    None, True, False, 0, 1, -1, 2, 3, 7, 2**31, 2**63 - 1, 2**63, -(2**63), 10**12, 10**9, 10**400,
    0.5, -0.5, 1e-300, 5e-324, 1e300, 1e308, -1e308, float("nan"), float("inf"), -0.0, "", "x",
    "hann", "log", "spectral", "\ud800", "9" * 5000, [], [0], [[]], ["tukey", 1e300],
    ["kaiser", -1], {}, {"class": "Spectral"}, {"class": "x", "y": None}, [0] * 5000,
]  # fmt: skip
EXTREMES = [
    0.0,
    -1.0,
    1.0,
    1e-300,
    1e300,
    -1e300,
    1e38,
    5e-324,
    np.nan,
    np.inf,
    2.0**63,
    -(2.0**63),
]
# More than any model unpacks to; to write it as LZMA takes half a second.
BOMB = 5 << 23


def members(content: bytes) -> Parts:
    """The members of a model file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(array: Any) -> bytes:
    """A member that holds an array."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)
    return file.getvalue()


def read(part: bytes) -> np.ndarray:
    """The array of a member."""
    return np.lib.format.read_array(io.BytesIO(part), allow_pickle=False)


def packed(parts: list[tuple[str, bytes]]) -> bytes:
    """A file of such members, in which a name may come twice."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in parts:
            # zipfile warns of a second member of one name.
            archive.NameToInfo.pop(name, None)
            archive.writestr(name, part)
    return file.getvalue()


def altered(parts: Parts, rng: np.random.Generator) -> bytes:
    """A model file with one alteration, or up to three."""
    parts = dict(parts)
    for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
        kind = rng.choice(["text", "array", "header", "members"], p=[0.5, 0.35, 0.05, 0.1])
        if kind == "text":
            parts["about.npy"] = _other_text(parts.get("about.npy", written("{}")), rng)
        elif kind == "array":
            name = str(rng.choice([*parts]))
            parts[name] = _other_array(parts[name], rng)
        elif kind == "header":
            name = str(rng.choice([*parts]))
            return packed(list((parts | {name: _other_header(parts[name], rng)}).items()))
        else:
            return _other_members(parts, rng)
    return packed(list(parts.items()))


def _other_text(part: bytes, rng: np.random.Generator) -> bytes:
    """The text with another value at a random place, a key more or less, or cut off."""
    try:
        about = json.loads(str(read(part)))
    except (ValueError, RecursionError):
        return part
    inner: Any = about
    key: Any = None
    while isinstance(inner, (dict, list)) and inner:
        keys: list[Any] = [*inner] if isinstance(inner, dict) else [*range(len(inner))]
        holder, key = inner, keys[int(rng.integers(len(keys)))]
        inner = holder[key]
        if rng.random() < 0.1:
            break
    if key is None:
        return part
    chance = rng.random()
    if chance < 0.8:
        holder[key] = _other_value(holder[key], rng)
    elif chance < 0.85:
        del holder[key]
    elif chance < 0.9 and isinstance(holder, list):
        holder.extend(holder * int(rng.integers(1, 4)))
    elif chance < 0.95 and isinstance(holder, dict):
        holder["more"] = 1
    text = json.dumps(about)
    if chance >= 0.97:
        text = text[: int(rng.integers(len(text)))] + str(rng.choice(["", "NaN", "[" * 10**5]))
    elif chance >= 0.95 and isinstance(holder, dict):
        text = text.replace(f'"{key}":', f'"{key}": 1, "{key}":', 1)
    return written(text)


def _other_value(value: Any, rng: np.random.Generator) -> Any:
    """Another value, every second time one of the same type."""
    if rng.random() < 0.5 or isinstance(value, (bool, dict, list)) or value is None:
        return HOSTILE[int(rng.integers(len(HOSTILE)))]
    same = [one for one in HOSTILE if type(one) is type(value)]
    if isinstance(value, (int, float)) and rng.random() < 0.3:
        return value + type(value)(rng.integers(-3, 4))
    return same[int(rng.integers(len(same)))]


def _other_array(part: bytes, rng: np.random.Generator) -> bytes:
    """An array of another shape, another type or with other values."""
    array = read(part)
    if array.dtype.kind == "U":
        return part
    chance = int(rng.integers(9))
    if chance == 0:
        other = str(rng.choice(["f2", "f4", "f8", "i1", "i8", "u8", "c16", "?", "U3"]))
        with np.errstate(all="ignore"):
            array = (array.real if other != "c16" else array).astype(other)
    elif chance == 1:
        array = array.reshape(-1)
    elif chance == 2:
        array = array[..., None]
    elif chance == 3:
        array = array[: int(rng.integers(0, 3))] if array.ndim else np.array([array, array])
    elif chance == 4 and array.ndim:
        array = np.concatenate([array, array], axis=int(rng.integers(array.ndim)))
    elif chance == 5:
        array = np.zeros(rng.integers(0, 5, int(rng.integers(0, 5))), array.dtype)
    elif chance == 6 and array.dtype.kind in "fi":
        with np.errstate(all="ignore"):
            array = array * array.dtype.type(10) ** min(int(rng.integers(1, 30)), 18)
    elif chance == 7 and array.dtype.kind == "i":
        array = np.full_like(array, rng.choice([-1, 0, 2**63 - 1, -(2**63), 10**12]))
    elif array.size:
        array = array.copy()
        share = rng.random(array.shape) < rng.choice([0.01, 0.5, 1.0])
        with np.errstate(all="ignore"):
            array[share] = np.array(rng.choice(EXTREMES)).astype(array.dtype)
    return written(array)


def _other_header(part: bytes, rng: np.random.Generator) -> bytes:
    """An array whose header says another size, or nothing that makes sense."""
    changed = bytearray(part)
    for _ in range(int(rng.integers(1, 4))):
        place = int(rng.integers(min(128, len(changed))))
        changed[place] = int(rng.choice([*b"0123456789()[]{},':<>|fiucbUVO \n\0\xff", 64, 128]))
    if rng.random() < 0.3:
        return bytes(changed).replace(b"'shape': (", b"'shape': (" + b"9" * 15 + b", ", 1)
    return bytes(changed)


def _other_members(parts: Parts, rng: np.random.Generator) -> bytes:
    """Members twice, missing, unknown, many, compressed beyond reason or in another way."""
    pairs = list(parts.items())
    place = int(rng.integers(len(pairs)))
    name, part = pairs[place]
    chance = int(rng.integers(8))
    if chance == 0:
        return packed([*pairs, (name, part)])
    if chance == 1:
        return packed([*pairs, (name, pairs[0][1])])
    if chance == 2:
        return packed(pairs[:place] + pairs[place + 1 :])
    if chance == 3:
        return packed(
            [*pairs, (str(rng.choice(["more.npy", "../x.npy", "/etc/x", name + "/"])), part)]
        )
    if chance == 4:
        more = int(2 ** rng.uniform(0, 14))
        return packed([*pairs, *((f"{i}.npy", b"") for i in range(more))])
    file = io.BytesIO(packed(pairs))
    if chance == 5:
        content = bytearray(file.getvalue())
        for _ in range(int(rng.integers(1, 9))):
            content[-int(rng.integers(1, 600))] = int(rng.integers(256))
        return bytes(content)
    how = (
        zipfile.ZIP_DEFLATED
        if chance == 6
        else int(rng.choice([zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]))
    )
    with zipfile.ZipFile(file, "a", how) as archive, archive.open("bomb.npy", "w") as bomb:
        bomb.write(written(np.zeros(0))[:10] + bytes(118))
        for _ in range(BOMB >> 22 if rng.random() < 0.1 else 1):
            bomb.write(bytes(1 << 22))
    return file.getvalue()
