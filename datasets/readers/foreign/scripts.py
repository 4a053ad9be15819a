"""Encodings of texts that are not UTF-8, by the bytes of letters."""

import re

_HIGH = re.compile(rb"[\x80-\xff]+")
_FOUR_BYTES = re.compile(rb"\x81\x30[\x81-\x8a][\x30-\x39]")
"""Signs such as ³ in the encoding of China, between two letters of two bytes each."""
_CYRILLIC = re.compile(rb"[\xa8\xb8\xc0-\xff]{3,}")
_CYRILLIC_TOO = re.compile(rb"[\xa8\xb8\xc0-\xff]{2}")
"""Days of the week are written with two letters below names that have more."""
_GREEK = re.compile(rb"[\xa2\xb8-\xba\xbc\xbe-\xd1\xd3-\xfe]{2,}")
_GREEK_ACCENT = re.compile(rb"[\xe1-\xf9][\xdc-\xdf]")
"""A vowel with an accent behind a small letter, where Russian has a capital letter."""
_KANA_AND_KANJI = re.compile(r"[\u3001\u3002\u3040-\u30ff\u4e00-\u9fff]")
_HALF_WIDTH = re.compile(r"[\uff61-\uff9f]")
_RARE_KANJI = 0xE0
"""First byte of the kanji that are not among the 2965 usual ones."""
_SYMBOLS = range(0xA1, 0xAD)
_COMMON_CHINESE = range(0xB0, 0xD8)
"""First bytes of the 3755 usual characters of GB 2312; others are rare."""
_KOREAN = range(0xB0, 0xC9)
"""First bytes of the syllables of KS X 1001."""
_FEWEST_KOREAN = 6
"""Syllables that Chinese characters are hardly all mistaken for."""
_CENTRAL = re.compile(
    rb"[A-Za-z](?<!m)[\xb3\xbf\xbe][a-z]|[a-z]\xb9[a-z\s]|[a-z]\x9c(?!u)[a-z\xe6]"
    rb"|[a-z][\xec\xf9][a-z\xf8\xe8]|\xf8[\xe1\xe9\xed\xfd]|[a-z]\x9d|b\xf8ez|(?<![a-z])[\xc8\xe8]as(?![a-z])"
)
"""Letters of Polish and Czech, where Western ones are signs, or stand at the end of a word."""
_BESIDE_ACCENTS = (
    (re.compile(rb"[A-Za-z]\xf5(?!e)"), re.compile(rb"[\xc1\xe1\xc9\xe9\xcd\xed]")),
    (re.compile(rb"[a-z\xe1\s]\xe8[a-z]"), re.compile(rb"[\xc1\xe1\xfd]")),
)
"""Letters of Hungarian and Czech, and accents beside them that tell ő from the õ of Portuguese,
where e follows, and of Estonian, and č from the è of French."""
_TURKISH = re.compile(rb"[\xfd\xfe\xf0\xdd\xde\xd0]")
_TURKISH_TOO = re.compile(rb"\b(?:tarih|saat|zaman)\b|\xfdcakl\xfdk|bas\xfdn\xe7", re.IGNORECASE)
"""Letters that are also those of Iceland, and words that are not."""
_WINDOWS = re.compile(rb"[\x80-\x9f]")
_UNUSED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
"""Bytes of control characters that Windows has letters and signs for, and those it has none for."""
_DEGREES = (
    (re.compile(rb"\xa1(?:\xe6(?![a-z])|\xe3[CF])"), "gb18030"),
    (re.compile(rb"\xa1(?:\xc9(?![a-z])|\xc6[CF])"), "cp949"),
    (re.compile(rb"\x81(?:\x8e|\x8b[CF])"), "cp932"),
)
"""The sign ℃, or ° before C, of Chinese, Korean and Japanese Windows, and no letter beside it."""
_MOST = 0.8
"""Share of the letters beyond ASCII that are usual ones of a script."""


def encoding_of_script(head: bytes) -> str | None:
    """Return the encoding of Chinese, Korean, Japanese, Greek or Russian text, None for any other.

    Western letters and signs such as ° stand alone among ASCII, so that few bytes above 127 follow
    one another.
    """
    runs = _HIGH.findall(_FOUR_BYTES.sub(b"", head))
    high = sum(map(len, runs))
    degrees = (encoding for sign, encoding in _DEGREES if sign.search(head))
    few = 2 * high <= _FEWEST_KOREAN * len(runs) and len({*runs}) == 1
    if few and (encoding := next(degrees, None)) is not None:
        return encoding
    if high < 4:
        return None
    # The last run may be cut.
    if all(len(run) % 2 == 0 for run in runs[:-1]):
        pairs = [run[i : i + 2] for run in runs for i in range(0, len(run) - 1, 2)]
        letters = [pair for pair in pairs if pair[0] not in _SYMBOLS]
        whole = all(pair[1] >= 0xA1 for pair in pairs)
        if whole and len(letters) >= _FEWEST_KOREAN and all(one[0] in _KOREAN for one in letters):
            return "cp949"
        common = sum(pair[0] in _COMMON_CHINESE for pair in letters)
        if whole and len({*letters}) > 1 and common >= _MOST * len(letters):
            return "gb18030"
    if _is_japanese(head):
        return "cp932"
    cyrillic = sum(map(len, _CYRILLIC.findall(head)))
    pairs_too = 2 * len(_CYRILLIC_TOO.findall(head))
    enough = cyrillic >= 6 and max(cyrillic, pairs_too) >= 0.7 * high
    if _is_greek(head, high):
        return "cp1253"
    return "cp1251" if enough else None


def _is_greek(head: bytes, high: int) -> bool:
    """Return True if most of so many bytes above 127 are Greek, some with the accents of it."""
    letters = sum(map(len, _GREEK.findall(head)))
    return letters >= max(4, _MOST * high) and _GREEK_ACCENT.search(head) is not None


def encoding_of_letters(head: bytes) -> str:
    """Return the encoding of text in Latin letters that is not UTF-8."""
    if _TURKISH.search(head) and _TURKISH_TOO.search(head):
        return "cp1254"
    beside = any(one.search(head) and other.search(head) for one, other in _BESIDE_ACCENTS)
    if beside or _CENTRAL.search(head):
        return "cp1250"
    return "cp1252" if _WINDOWS.search(head) and not _UNUSED.search(head) else "latin-1"


def _is_japanese(head: bytes) -> bool:
    """Return True if bytes are Japanese text, the last letter of which may be cut."""
    for cut in (0, 1):
        try:
            text = head[: len(head) - cut].decode("cp932")
        except UnicodeDecodeError:
            continue
        others = [letter for letter in text if ord(letter) > 127]
        letters: list[str] = _KANA_AND_KANJI.findall(text)
        # Rare ones begin like é and ä, which a letter of ASCII follows.
        usual = sum(letter.encode("cp932")[0] < _RARE_KANJI for letter in letters)
        half = len(_HALF_WIDTH.findall(text))
        return usual > 1 and usual >= _MOST * (len(others) - _signs(text)) and 10 * half <= usual
    return False


def _signs(text: str) -> int:
    """Return the number of signs and full-width forms, which stand between letters."""
    return len(re.findall(r"[\u2000-\u2bff\u3000-\u3003\uff00-\uff60\u00b0-\u00d7]", text))
