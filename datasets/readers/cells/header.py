"""The lines around a table: sampling rate, start, unit, number of samples."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import pandas as pd

from spectra.datasets.readers.cells.names import is_unit, unit_text
from spectra.datasets.readers.cells.rate_digits import without_thousands
from spectra.datasets.readers.cells.time_units import SECONDS, seconds_behind
from spectra.datasets.readers.dates.start_words import START_WORD, tells_start
from spectra.datasets.readers.dates.written_start import numbered_start, written_start

_NUMBER = r"([+-]?(?:\d+(?:[.,]\d+)?|[.,]\d+)(?:[eE][+-]?\d+)?)"
_PREFIXES = {"k": 1e3, "m": 1e6, "g": 1e9, "к": 1e3, "м": 1e6}
_HERTZ_WORD = (
    r"([kmgкм]?(?:hz|гц|sps|s/s|sa/s)|(?:kilo|mega|giga)?hertz|fps"
    r"|[kmg]?\s?samples?\s*(?:/|per|_per_)\s*s(?:ec(?:ond)?)?)"
)
_PREFIX = re.compile(r"([kmgкм])(?:ilo|ega|iga)?\s?(?=hz|hertz|гц|s)", re.IGNORECASE)
_RATE_WORD = (
    r"(?:sampl\w*[\s_-]*(?:rate(?:_per_channel)?|freq\w*\.?|clock(?=\W{1,5}[\d.]{1,9}\s?[kM]?Hz))"
    r"|(?:samples?|points|frames)\s?(?:/|per)\s?s(?:ec(?:ond)?s?)?(?=\s*[=:,;\t(])|\bfps\b|\b(?:fs|sr|odr|sfreq|srate|sps(?=\s?[=:]))(?:\b|(?=_k?hz))|(?:ab)?tast(?:rate|frequenz)|messrate"
    r"|(?:aufzeichnungs|speicher|erfassungs)(?:rate|frequenz)|abtastung(?=\W{1,5}[\d.,]{1,9}\s?k?Hz)"
    r"|(?:data|scan|\blog|adc|acq\w*|update|output|logging|recording|frame|daq|storage|capture|polling|digiti[sz]\w+)"
    r"[\s_-]*(?:rate|freq\w*)|n[äa]ytteenottotaajuus|[öo]rnekleme\s+(?:frekans[\u0131i]|h[\u0131i]z[\u0131i])|(?:샘플링|표본화)\s?주파수|표본화율"
    r"|(?:fr[ée]quence|taux)\s+d.?\s*(?:[ée]chantillonnage|acquisition)|freq\w*\s+of\s+(?:sampling|logging|recording)|(?:frecuencia|tasa|velocidad)\s+de\s+muestreo"
    r"|(?:frequenza|velocit[àa])\s+di\s+(?:campionamento|acquisizione)|(?:taxa|frequ[êe]ncia)\s+de\s+amostragem"
    r"|cz[ęe]stotliwo[śs][ćc]\s+pr[óo]bkowania|vzorkovac[íi]\s+frekvence|mintav[ée]tel\w*\s+frekvenci\w*"
    r"|(?:bemonsterings|meet|samplings|målings)\w*(?:frequentie|frekvens)|bemonsterings\w*|частота\s+дискретизаці?ии?"
    r"|[采取][样樣][率频頻]率?|サンプル(?:レート|周波数)|サンプリング(?:周波数|レート)|샘플(?:링\s?)?(?:률|레이트|속도)"
    r"|(?:ρυθμός|συχνότητα)\s+δειγματοληψίας|frecven[țţt]\w*\s+de\s+e[șşs]antionare|frekven\w*\s+(?:uzorkovanja|vzorčenja)"
    r"|(?:^|[,;\t])\W*(?:sampling|campionamento)(?=\s*[:=])|^\W*(?:rate|frequency|frequenz|fr[ée]quence)(?!\w)|^\[rate\])"
)
_PERIOD_WORD = (
    r"(?:sampl\w*[\s_-]*(?:interval|period|time|spacing|cycle)|delta[\s_-]*(?:x|t|time)|x[\s_-]*(?:axis[\s_-]*)?(?:delta|step)|x[\s_-]*axis[\s_-]*increment|\bdt\b"
    r"|x[\s_-]*inc(?:rement)?|\b(?:clock|ts)(?=\s*[=:]\s*[\d.]+\s*[unm]?s\b)|\bh[\s_-]?resolution|horizontal\s+(?:interval|increment)|abtastintervall|abtastzeit|abtastperiode|equally[\s-]+spaced\s+(?:at|intervals\s+of)|per[ií]odo\s+de\s+(?:muestreo|amostragem)|time\s+per\s+sample|\bt_?sample(?=\s*[=:])|frame\s?time(?=\s*[=:])"
    r"|サンプリング(?:周期|間隔)|測定間隔|記録間隔|記録周期|采样(?:周期|间隔)|샘플링\s?(?:주기|간격)|messintervall|zeitintervall|messtakt|speicherintervall|aufzeichnungsintervall|zeitschritt"
    r"|(?:intervalo|intervalle|intervallo|per[ií]odo|p[ée]riode)(?:\s+(?:de\s|di\s|d['’])\s?(?:muestreo|amostragem"
    r"|campionamento|acquisizione|mesure|acquisition|[ée]chantillonnage|registro|medici[óo]n|registrazione|misura))"
    r"|intervalo|intervalle|intervallo|pas\s+de\s+temps|okres\s+pr[óo]bkowania|perioda\s+vzorkov[áa]n[íi]"
    r"|(?:meet|registratie|m[äa]t|m[åa]le|logg?|loggnings)-?interval+|n[äa]ytteenottov[äa]li|xincr|horiz\s?interval|^\W*delta(?=\s*=\s*0*\.\d)"
    r"|^\W*intervall?|^\W*(?:wf_)?increment|tinc\b|(?:time|log\w*|record(?:ing)?|reading|measurement|scan|save|storage|update|report\w*|polling)[\s_-]*(?:interval|step|increment)"
    r"|(?:\b(?:one|1)\s+sample|\blog\w*|\brecord\w*|\bmeasur\w*|\bsampl\w*)\s+every"
    r"|(?:интервал|период)\s+(?:записи|измерени\w+|опроса|регистрации))"
)
_PER_SAMPLE = re.compile(
    r"([+-]?\d+(?:[.,]\d+)?)\s*(s|sec|secs|seconds?|ms|msec|us|µs|μs)\s*(?:/|per)\s*sample",
    re.IGNORECASE,
)
_BETWEEN = r"[\s\"']*(?:[=:\uff1a,;\t|]+|\s)[\s\"']*"
_IN_BRACKETS = r"(?:[\s_]*[\[(]?\s*{0}\s*[\])]?)?"
_RATE = re.compile(
    _RATE_WORD
    + _IN_BRACKETS.format(_HERTZ_WORD)
    + _BETWEEN
    + _NUMBER
    # The unit may stand in a cell of its own.
    + rf"(?:\s*{_HERTZ_WORD}|[\s,;\"']*{_HERTZ_WORD}(?![\w/]))?",
    re.IGNORECASE,
)
_BARE_RATE = re.compile(
    rf"(?:\bat\s+)?(?<![.\d])(?=\d){_NUMBER}\s*{_HERTZ_WORD}(?!\w)", re.IGNORECASE
)
_PER_LONGER = re.compile(
    r"\s*(?:[^\W\d_]{1,15}\s?)?\s*(?:/|per|pro|par|por)\s*(min|mins|minute|minuten|h|hr|hour|stunden|d|days)e?\b",
    re.IGNORECASE,
)
"""A rate in samples a minute, an hour or a day."""
_COUNT_PER = re.compile(
    r"(?:samples?|points|readings?|measurements?|scans|records|messungen|mesures)\s?(?:/|per|pro|par)\s?"
    r"(min|mins|minute|minuten?|h|hr|hour|stunde|heure|day)(?=\s*[=:,;\t(])" + _BETWEEN + _NUMBER,
    re.IGNORECASE,
)
"""Samples in a minute, an hour or a day before their number: Samples/min: 30."""
_PER_SOME = re.compile(
    r"\s*(?:[^\W\d_]{1,15}\s)?\s*(?:/|per|every)\s*(0*[1-9]\d{0,5}(?:\.\d{1,6})?)\s*(s|sec|ms|min|h)\b",
    re.IGNORECASE,
)
"""A rate such as 1 per 10 s."""
_SECONDS_WORD = (
    r"(seconds?|secs?|sekunden|s|msec|ms|us|µs|μs|ns|minutes?|minuten|mins?"
    r"|hours?|stunden|hrs?|h|days?|tage|сек|мс|мин|час|\u0441|ч)"
)
_PERIOD = re.compile(
    _PERIOD_WORD
    + _IN_BRACKETS.format(_SECONDS_WORD)
    + _BETWEEN
    + rf"(?:{_SECONDS_WORD}\s*[:=]\s*)?"
    + _NUMBER
    + rf"(?![:\d]|[-/]\d)(?:[\s,;\"']*{_SECONDS_WORD}(?!\w))?",
    re.IGNORECASE,
)
_PART_OF_SECOND = re.compile(
    _PERIOD_WORD + _BETWEEN + r"1\s?/\s?([1-9]\d{0,6})\s?(?:s|sec|seconds?)\b", re.IGNORECASE
)
"""A period such as 1/256 s."""
_ISO_PERIOD = re.compile(
    rf"(?:{_PERIOD_WORD}|interval\w*)"
    + _BETWEEN
    + r"PT(?=\d)(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,6}(?:\.\d{1,9})?)S)?\b",
    re.IGNORECASE,
)
"""A period such as PT15M."""
_CLOCK_PERIOD = re.compile(
    rf"(?:{_PERIOD_WORD}|{_RATE_WORD}|epoch\s*(?:period|length)?|interval\w*)"
    r"(?:\s*[\[(]\s*[hms:.]+\s*[\])])?"
    + _BETWEEN
    + r"(\d{1,3}):(\d\d)(?::(\d\d(?:\.\d+)?))?(?![:\d])",
    re.IGNORECASE,
)
"""An interval such as 00:05:00, hours and minutes, with seconds or without."""
_BEATS = re.compile(r"interval=(?:204|238)", re.IGNORECASE)
"""Codes of Polar in place of seconds where each row is a lap or a beat."""
_ALONE = re.compile(r"\W*(?:frequency|frequenz|fr[ée]quence)(?!\w)", re.IGNORECASE)
_RATE_AS_PERIOD = re.compile(
    _RATE_WORD
    + _BETWEEN
    + r"(?:(?:every|alle|cada|toutes\s+les|ogni)\s+)?"
    + _NUMBER
    + rf"[\s,;]*{_SECONDS_WORD}(?![\w/])",
    re.IGNORECASE,
)
"""A rate given by its period: "Sample rate: 10 min"."""
_WAVEFORM = re.compile(r"WID2 .{20,60}? (?:INT|AU\d)\s+(\d{1,9})\s+(\d{1,5}\.\d+)\s.*")
"""The line above a waveform of GSE 2.0 or IMS 1.0: its samples and their rate."""
_START_AND_STEP = re.compile(r"START\W+\d+\.\d+\W+(0*\.0*[1-9]\d*|[1-9]\d*\.\d+)\W*")
"""The first instant and the step in seconds, as Spike2 writes them."""
_PEER = re.compile(r"(\d{1,9})\s+(0?\.\d{1,9})\s+NPTS,\s*DT\b.*", re.IGNORECASE)
"""The number of samples and the step, as older files of PEER have them."""
_MOTION = re.compile(r"(?:Devices|Trajectories|Joints|Segments|Model Outputs)\W*")
"""Titles of Vicon Nexus."""
_COUNT = re.compile(
    r"(?:\b(\d{1,18})\s+(?:[^\W\d]{1,20}\s+){0,3}(?:samples|points|pts)\b|\b(?:npts|sample[\s_-]*count|number\s+of\s+(?:samples|points)|samples)"
    r"\s*[=:,;\t]\s*(\d{1,18})\b)",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"duration(?:\s*time)?\s*[\[(]s(?:ec)?[\])][\s=:,;]+(\d{1,7}(?:\.\d{1,6})?)\s*$", re.IGNORECASE
)
"""The length of a recording in seconds."""
_UNIT = re.compile(
    r"(?:\bunits\s+of\b|\bunits?\b|einheit|unidad|unit[ée]|unit[àa]|\bunite\b|eenheid|field_unit"
    r"|\bunidade|måttenhet|jednostka|jednotka|единица|单位|單位|単位|단위|yksikkö|birim)"
    r"[\s\"']*[=:,;\t\s][\s\"']*(.+?)[\s\"']*$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:channel|ch|kanal|sensor|signal|column)\W{0,2}\d{1,3}(?=\W{0,3}units?\s?[=:])",
    re.IGNORECASE,
)
_NUMBERED_UNIT = re.compile(
    r"(?:channel|ch|kanal|sensor|signal|column)\W{0,2}\d{1,3}\W{0,3}units?\s?[=:]\s?(.*)",
    re.IGNORECASE,
)
"""The unit of one of several channels: Channel[1].units=°C."""
_QUANTITY = re.compile(
    r"\b(temp|press|cond|depth|level|speed|veloc|flow|humid|salin|oxygen|volt|curr|torque|force)"
    r"[a-z]*[\s_-]*$",
    re.IGNORECASE,
)
"""A quantity before "unit": the unit is that of its channel."""
_MISSING = re.compile(
    r"(?:\brinval|\bno[\s_-]?data(?:[\s_-]*value)?|\b(?:missing|fill|invalid|bad|fehl|absent)"
    r"[\s_-]*(?:data|val(?:ue)?s?|code|wert|flag)(?:\s+(?:is|are|as))?(?:\s+(?:marked|coded)(?:\s+as)?)?)"
    r"[\s\"']*[=:,;\t]?[\s\"']*(-\d+(?:\.\d+)?(?:e[+-]?\d+)?|([6-9])\2+(?:\2|\.\2)\2*(?:\.0+)?)"
    r"(?![\d.:/e%-])",
    re.IGNORECASE,
)
"""A number that the file calls missing: below 0, or of one digit, since others are counts."""


@dataclass(frozen=True)
class Header:
    """Properties of the samples that stand in words around a table.

    `fs` is in Hz and `rate_text` is the line that gives it; `unit` is the unit of every channel, or
    of those that are called like `quantity`;
    `n_samples` is the number of samples of a trace; `missing` is the number that stands for a
    missing value; `again` is the line at which the header stands again with a later start.
    """

    fs: float | None = None
    rate_text: str = ""
    start: pd.Timestamp | None = None
    unit: str = ""
    n_samples: int | None = None
    missing: float | None = None
    quantity: str = ""
    again: int | None = None

    def unit_of(self, title: str, *, alone: bool) -> str:
        """Return the unit of a channel, "" where the unit is that of another."""
        return self.unit if alone or self.quantity in title.casefold() else ""

    def with_rate_of(self, lines: Sequence[str]) -> "Header":
        """Return the header with the rate that lines below the table give, if it has none."""
        other = read_header(lines)
        if self.fs is not None or other.fs is None:
            return self
        return replace(self, fs=other.fs, rate_text=other.rate_text)


# Characters of a line that are searched: the patterns take quadratic time in runs of digits.
_LONGEST = 1000
NO_HEADER = Header()
"""The header of a table that says nothing of its samples."""


def read_header(lines: Iterable[str], decimal: str = "") -> Header:
    """Return what the lines around a table say of its samples.

    Where the `decimal` sign of the table is known, the other stands between thousands of hertz.
    """
    texts = [line[:_LONGEST].strip().lstrip("\"'#%/;").rstrip("\"'#/;").strip() for line in lines]
    beats = "[HRData]" in texts
    texts = [text for text in texts if text and not (beats and _BEATS.fullmatch(text))]
    written = texts
    texts = without_thousands(texts, decimal)
    fs, rate_text = _rate(texts)
    if rate_text and texts != written:
        shown = dict(zip(map(_shown, texts), map(_shown, written), strict=True))
        rate_text = shown[rate_text]
    unit, quantity = _unit(texts)
    count, missing = _count(texts), _missing(texts)
    if count is None and fs:
        lengths = (match for text in texts if (match := _DURATION.match(text)))
        count = next((round(float(match[1]) * fs) for match in lengths), None)
    return Header(fs, rate_text, _start(texts), unit, count, missing, quantity)


def _rate(texts: Sequence[str]) -> tuple[float | None, str]:
    """Return the sampling rate in Hz and the line that gives it, the surest wording first.

    A frequency that stands alone may be that of the signal, where another line is of samples.
    """
    told = [text for text in texts if not _ALONE.match(text)]
    if len(told) < len(texts) and (found := _rate_in(told, bare=False))[0] is not None:
        return found
    return _rate_in(texts)


def _rate_in(texts: Sequence[str], *, bare: bool = True) -> tuple[float | None, str]:
    """Return the first rate by the surest wording, with numbers of hertz `bare` of any word."""
    for text in texts:
        if (match := _WAVEFORM.fullmatch(text)) and float(match[2]) > 0:
            return float(match[2]), _shown(text)
        if (match := _RATE_AS_PERIOD.search(text)) and (period := _number(match[1])) > 0:
            period *= _seconds(match[2])
            return float(f"{1 / period:.10g}"), _shown(text)
        if match := _RATE.search(text):
            scale = _hertz(match[3] or match[4] or match[1]) * _share(text[match.end(2) :])
            fs = _number(match[2]) * scale
            if 0 < fs < float("inf"):
                return fs, _shown(text)
    for text in texts:
        if (match := _COUNT_PER.search(text)) and _number(match[2]) > 0:
            return _number(match[2]) / _seconds(match[1]), _shown(text)
        if match := _START_AND_STEP.fullmatch(text):
            return float(f"{1 / float(match[1]):.10g}"), _shown(text)
        if (match := _PEER.fullmatch(text)) and float(match[2]) > 0:
            return float(f"{1 / float(match[2]):.10g}"), _shown(text)
        if match := _PERIOD.search(text):
            period = _number(match[3]) * _seconds(match[1] or match[2] or match[4] or "s")
            if not any(match.group(1, 2, 4)) and re.match(r"\s?[^\W\d_]", text[match.end(3) :]):
                # A depth in metres, or minutes as m.
                continue
            if 0 < period < float("inf"):
                return float(f"{1 / period:.10g}"), _shown(text)
    for text in texts:
        if match := _PART_OF_SECOND.search(text):
            return float(match[1]), _shown(text)
        if match := _ISO_PERIOD.search(text) or _CLOCK_PERIOD.search(text):
            hours, minutes, seconds = (float(part or 0) for part in match.groups()[-3:])
            period = hours * 3600 + minutes * 60 + seconds
            if period > 0:
                return float(f"{1 / period:.10g}"), _shown(text)
    for text in texts:
        if (match := _PER_SAMPLE.search(text)) and (period := _number(match[1])) > 0:
            rate = 1 / (period * SECONDS[match[2].casefold()])
            return float(f"{rate:.10g}"), _shown(text)
    for key, text in pairwise(texts):
        # Programs write what follows and its rate in hertz on two lines above the names.
        if _MOTION.fullmatch(key) and re.fullmatch(_NUMBER, text) and _number(text) > 0:
            return _number(text), text
    for text in texts if bare else ():
        for match in _BARE_RATE.finditer(text):
            word = match[2].casefold()
            sure = match[0].casefold().startswith("at ") or not re.search(r"hz|гц", word)
            if sure and _number(match[1]) > 0:
                return _number(match[1]) * _hertz(match[2]), _shown(text)
    return None, ""


def _share(rest: str) -> float:
    """Return the factor of what stands behind the number of a rate: 1/10 Hz, 4 per hour."""
    if part := re.match(rf"\s?/\s?([1-9]\d{{0,5}})(?![\d.,/:-])\s?{_SECONDS_WORD}?(?!\w)", rest):
        return 1 / (int(part[1]) * (_seconds(part[2]) if part[2] else 1.0))
    if every := _PER_SOME.match(rest):
        return 1 / (_number(every[1]) * SECONDS[every[2].casefold()])
    per = _PER_LONGER.match(rest)
    return 1 / SECONDS[per[1].casefold()] if per else 1.0


def _seconds(word: str) -> float:
    """Return the length in seconds of a unit of time that stands behind a number."""
    found = seconds_behind("", word)
    return SECONDS[f"{word.casefold()}s"] if found is None else found


def _hertz(unit: str | None) -> float:
    """Return the Hz of a unit of rates."""
    if unit == "mHz":
        return 1e-3
    prefix = _PREFIX.match(unit or "")
    return _PREFIXES[prefix[1].casefold()] if prefix else 1.0


def _number(text: str) -> float:
    """Return a number with a decimal point or comma."""
    return float(text.replace(",", "."))


def _shown(text: str) -> str:
    """Return a line for a message: on one line, and shortened."""
    text = " ".join(text.rstrip(",;\t ").split())
    return text if len(text) <= 60 else text[:60] + "…"


def _start(texts: Sequence[str]) -> pd.Timestamp | None:
    """Return the instant at which the recording starts."""
    told = [*filter(tells_start, texts)]
    return written_start(told, texts) or numbered_start(texts)


def _unit(texts: Sequence[str]) -> tuple[str, str]:
    """Return the unit of the samples, and the beginning of the quantity that it is the unit of.

    Where several lines give one, it is not known which channel each of them is of.
    """
    if sum(bool(_UNIT.match(text)) for text in texts) > 1:
        return "", ""
    found = [match[1] for text in texts if (match := _NUMBERED_UNIT.match(text))]
    if len({*found}) > 1:
        return "", ""
    if len(found) == 1 and is_unit(found[0]):
        # The others have units that are not given.
        (of,) = (match[0] for text in texts if (match := _NUMBERED.match(text)))
        return unit_text(found[0].strip()), re.sub(r"\W+", " ", of).strip().casefold()
    for text in texts:
        if match := _UNIT.search(text):
            fields = [field.strip(" \"'") for field in re.split(r"[,;\t]", match[1])]
            units = [
                field for field in fields if is_unit(field) and field.casefold() not in SECONDS
            ]
            if len(set(units)) == 1:
                quantity = _QUANTITY.search(text[: match.start()])
                return unit_text(units[0]), quantity[1].casefold() if quantity else ""
        last = re.split(r"[,;\t]", text)[-1].strip()
        # A line of names may begin with "time" and end with T or V.
        counted = START_WORD.match(text) and _COUNT.search(text)
        if counted and is_unit(last) and last.casefold() not in SECONDS:
            return last, ""
    return "", ""


def _count(texts: Sequence[str]) -> int | None:
    """Return the number of samples of a trace."""
    for text in texts:
        if match := _WAVEFORM.fullmatch(text) or _PEER.fullmatch(text) or _COUNT.search(text):
            return int(match[1] or match[2])
    return None


def _missing(texts: Sequence[str]) -> float | None:
    """Return the number that stands for a missing value."""
    return next((float(match[1]) for text in texts if (match := _MISSING.search(text))), None)
