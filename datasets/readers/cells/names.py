"""Names of columns: the words in them, the names of time, physical units."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from spectra.datasets.readers.cells.time_units import SECONDS

_TIME_WORDS_TEXT = """
    time times timestamp timestamps timestep date dates datetime datetimes epoch ts unix utc
    elapsed t millis micros
    nanos uptime clock stamp tstamp sec secs second seconds zeit zeitstempel zeitpunkt messzeit
    datum datumzeit uhrzeit tiempo fecha hora fechahora temps heure horodatage horodate
    tempo ora orario datetimestamp tijd tijdstip datumtijd tid tidpunkt tidspunkt klo dato
    klokkeslett czas datenum oadate godzina čas cas время дата aika zaman tarih saat idő ido dátum
    from vanaf von since jd hjd bjd mjd tow sow gpstow yyyyddd yyyydoy yyyyjjj yymmdd ddmmyy mmddyy
    ddmmyyyy mmddyyyy tmstamp reltime abstime simtime
"""
TIME_WORDS = frozenset(_TIME_WORDS_TEXT.split())
"""Words, in lower case, that name a time in the languages of common loggers."""

JULIAN_WORDS = frozenset({"jd", "hjd", "bjd", "mjd", "jdutc", "bjdtdb"})
"""Names of days counted from 4713 BC, or modified ones from 1858, as astronomers do."""
DAY_FIRST_WORDS = frozenset(
    {
        "datum", "zeit", "zeitstempel", "uhrzeit", "fecha", "hora", "ora", "giorno",
        "heure", "horodatage", "horodate", "tijd", "dato", "tid", "czas", "дата", "время",
    }
)  # fmt: skip
"""Names of time in languages whose dates begin with the day; "date" is French, and English."""

COMMA_WORDS = DAY_FIRST_WORDS - {"fecha", "hora"}
"""Those of languages that write a comma before fractions wherever they are spoken."""

_TIME_CHARACTERS = ("时间", "時間", "时刻", "時刻", "日期", "日時", "시간", "시각")

_DATE_WORDS_TEXT = """
    date dates datum dato fecha tarih dátum дата data day days serial datenum excel ole oadate
    jd hjd bjd mjd
"""
_DATE_WORDS = frozenset(_DATE_WORDS_TEXT.split())
_QUALIFIERS_TEXT = """
    sensor device phone system local gps gmt sample sampling record recording logger log host
    server relative rel absolute abs start started begin since x value col column of the in and at
    end ended stop until first last measurement measured measure event data hh mm ss mmm h m s dd
    yyyy yy
"""
_QUALIFIERS = frozenset(_QUALIFIERS_TEXT.split())

_PLAIN_UNITS = (
    "V kV mV uV µV μV nV A mA uA µA kA W kW MW GW mW VA kVA kWh MWh Wh J kJ Ohm ohm Ω kΩ MΩ F uF H "
    "EUR/MWh €/MWh EUR/kWh €/kWh ct/kWh "
    "Hz kHz MHz GHz rpm RPM 1/min bpm BPM mmHg cmH2O Pa hPa kPa MPa mbar bar psi inHg "
    "m mm cm km um µm μm nm in ft inch mil m/s mm/s km/h kmh mph kn kt in/s ips m/s2 m/s² m/s^2 "
    "mm/s2 g mg ug µg kg t gal Gal gn rad rad/s deg deg/s dps ° °/s N kN mN Nm kNm "
    "°C °F *C *F degC degF ºC ºF K C % %RH ppm ppb µmol mmol/L mg/dL g/m3 µg/m3 ug/m3 "
    "l L ml mL l/min L/min m3 m³ m3/h m³/h l/s L/h gpm cfm lx lux lm cd dB dBA dBm uT µT nT mT T G "
    "uS µS mS S/m uS/cm µS/cm mS/cm pH NTU counts Counts count adc LSB raw arb AU a.u. au "
    "Volt Volts volt volts Ampere Watt watt Celsius Fahrenheit Kelvin "
    "℃ ℉ W/m2 W/m² W/m^2 kWh/m² mm/h mm/min mm/day µg/m³ ug/m³ mg/m3 mg/m³ g/m³ g/kg Bq/m3 Bq/m³ "
    "VDC VAC Vdc Vac Vrms Vpp ADC AAC mAh Ah kvar kVAr kVar kvarh var VAr inH2O mmH2O mH2O barg "
    "bara "
    "m3/s L/s l/h L/min ml/min mL/min l/m N/m² N/m2 N/mm² N/mm2 MN/m2 cm/s cm/s2 cm/s² cm/s^2 "
    "cm/s/s m/s/s m/s**2 mm/s² mm/s^2 rad/s² rad/s2 rad/s^2 deg/s2 gauss Gauss mGauss dB(A) pF nF "
    "nH mH "
    "%rF %rh %RF %H %r.F. %rH degT meters/second m.s-1 Pascal pascal Newton newton Amps amps Amp "
    "bpm. mmol/l mg/dl ms² µmol/m²/s PSI Bar mils knots Knots nmi hectopascal kohm kohms kOhm "
    "kOhms "
    "Meters/second M/S кПа гПа кВт °\u0421 MPH KWH /min "
    "µm/m um/m mm/m m/m mm/mm mV/V µV/V uV/V µε Vol% vol% "
    "mAU µAU microvolt microvolts millivolt millivolts "
    "pA nA decibar dbar PSU psu degree_C degrees_C degree_Celsius degrees_true "
    "mm/hr in/hr inches MOhm mOhm ohms Ohms uSiemens µSiemens usiemens "
    "hp kgf lbf klbf lb lbs kips ksi psig psia sccm slpm slm Torr mTorr torr feet ft/s cP cSt N/mm "
    "dBi dBFS dBV dBuV dBµV kcal BTU MJ GJ t/h kg/m3 kg/m³ rev/min r/min mm/rev l/100km nT/s "
    "µSv/h uSv/h mV/km mmol/mol µmol/mol umol/mol eV keV MeV pC mV/g Mohm "
    "ms-2 m·s-2 µstrain ustrain microstrain N·m kN·m min-1 s-1 1/s m/s³ m/s^3 m/s3 mPa·s mPas "
    "mrad µrad urad g²/Hz gE gSE FNU sone acum bar(g) bar(a) psi(g) psi(a) mbar(a) dB(C) dB(Z) "
    "N-m N-M ft-lb ft-lbs FT-LBS DEG kOhm kOhms MOhms "
    "degrees ppmv kWp Wp inWC CFM SCFM SCFH scfm umol/kg µmol/kg µatm arcsec KiB MiB GiB cps cpm "
    "dBuV/m dBµV/m W/m²K J/kg liters meters км/ч 转/分 "
    "microradians nanoradians A.h mA.h W.h mW.h kW.h A·h mA·h W·h kW·h VOLT VOLTS AMP AMPS"
)
UNITS = frozenset(_PLAIN_UNITS.split()) | SECONDS.keys()
"""Physical units as they are written in headers."""

_LONG_UNITS_TEXT = """
    kWh MWh Wh kVA kW °C °F mV uV µV mA hPa kPa MPa mbar bar rpm bpm mmHg m/s m/s² km/h % degC degF
    %RH %rF %rH %rh kN Nm mm kg nT µT uT dB dBA dBm ppm ppb psi lux lx sccm mTorr Ohm kOhm
"""
_LONG_UNITS = frozenset(_LONG_UNITS_TEXT.split())
"""Units that are one even without brackets, as the last word of a name."""

_SIZES = frozenset({"mm", "kg", "kN", "Nm", "dB"})
"""Units that may say of which size or at which depth a thing is: Soil moisture 50 mm."""

_UNIT_NAMES_TEXT = """
    unit units einheit uom unidad unité unite unita unità eenheid måleenhed enhed enhet yksikkö
    yksikkötyyppi jednostka jednotka unidade birim mértékegység maßeinheit
"""
UNIT_NAMES = frozenset(_UNIT_NAMES_TEXT.split())
"""Words, in lower case, that name a column of units."""
_SPELT_UNITS = frozenset(
    {
        "Deg C",
        "Deg F",
        "deg C",
        "deg F",
        "degT",
        "TS",
        "RN",
        "% RH",
        "% rF",
        "deg. C",
        "m/(s^2)",
        "m/(sec^2)",
        "mm:ss.mmm",
        "hh:mm:ss",
    }
)
_LONGEST = 200
"""Characters of a name that are searched; the time for some patterns grows with their square."""
_BRACKETED = re.compile(r"[\[(]\s*([^\[\]()]{1,16}?)\s*[\])]")
_NESTED = re.compile(r"[\[(]\s*([^\[\]()\s]{1,10}\([^()\s]{1,4}\))\s*[\])]")
"""A unit with brackets of its own: [dB(A)], (bar(g))."""
_IN_BRACKETS = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")
_AFTER_SEPARATOR = re.compile(
    r"(?:,\s*|\s+in\s+|\s*/\s*)([^\s,()\[\]/]{1,8}(?:/[^\s,()]{1,4})?)(?=$|\s*[(\[])"
)
_BEHIND_DASH = re.compile(r"\s-\s([^\s,()\[\]]{1,8})$")
_OF_PHASE = re.compile(r"\b(V|A|W|kW|VA|var|Wh|kWh|Hz)\s?\([ABC]\)$")
"""The unit before a phase in brackets: Active energy Wh (A)."""
_DEGREES_BEHIND = re.compile(r"\w(°[CF]|℃|℉)$")
"""A unit that nothing divides from the name: Temperature°C."""
_DATE_FORM = re.compile(
    r"(?i)[yja]{4}[-_/.]?m{2}[-_/.]?[dt]{2}(?:[-_/. T]?h{2}:?(?:m{2}:?(?:s{2})?)?)?"
)
"""The form of a date and a time in the letters of some languages, as the name of a column."""
_CLOCK_FORM = re.compile(
    r"(?i)(?:[djtg]{1,2}|m{2,3}|[yja]{2,4})(?:([-/.])(?:[djtg]{1,2}|m{2,3}|[yja]{2,4})){2}|hh?:mm(?::ss)?"
)
"""The form of a date or a clock below its name: jj/mm/aaaa, hh:mm."""
_STAMP_FORM = re.compile(
    r"(?i)hh?:mm:ss(?:[.,](?:m|s|f|0){1,6})?(?: (?:dd?|mm?|y{2,4})(?:[-/.](?:dd?|mm?|y{2,4})){2})?"
)
"""The form of an instant: hh:mm:ss.mmm dd/mm/yyyy."""
_NUMBERED_T = re.compile(r"(?i)[^\W\d_].*[\W_]t\d{1,3}(?!\w)")
_CAMEL = re.compile(r"(?<=[a-zµ])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NUMBER = re.compile(r"[+-]?\d*[.,]?\d+(?:[eE][+-]?\d+)?")
_FORMAT = re.compile(r"\d+[a-z]")
"""A width and a kind, such as 15s, in the rows below the names of USGS tables."""
_RATIO = re.compile(r"[^\W\d_]{1,8}[23²³]?/(?:s|sec|min|h|hr|d|day|tag)", re.IGNORECASE)
"""Anything a second, minute, hour or day: Nm³/h, Umdr/min."""
_PER_TIME = frozenset({"s", "sec", "min", "h", "hr", "d", "day"})
"""Times, in small letters, that any unit may stand over: m³/s."""
_PER_VOLUME = re.compile(r"[€$£]/[kM]?\w{1,3}|U/min|[nµumk]?(?:g|mol)/(?:m?L|l|m\^?3|m³|k?g)")
"""Prices, turns, and amounts of a substance such as ng/L, as the last word of a name."""
_UDUNITS = re.compile(
    r"(?:k?m|[mc]m|[kmu]?g|[kM]?W|J|N|K|(?:milli|micro|[mu])?mol\w{0,2})(?: k?[msghd]-[1-3]){1,3}"
)
"""Units with exponents behind blanks, as servers of ocean and weather data write them: m s-1."""
_PART_OF_SECOND = re.compile(r"s/([1-9]\d{0,8})|1/([1-9]\d{0,8})\s?s")
"""A unit of time such as s/256."""
_DETECTOR = re.compile(
    r"(?<=\S)[ _](?:rms|ac|dc|eff|peak|pk|pp|0-p|0-pk|p-p|pk-pk|peak-peak)(?=[\])]?$)",
    re.IGNORECASE,
)
"""The kind of an amplitude behind its unit: mm/s rms, µm pp."""
_CHANNEL = re.compile(r"^ch\w?\d{1,3}\s?:\s?", re.IGNORECASE)
_CERTAIN = frozenset(
    unit for unit, seconds in SECONDS.items() if seconds <= 1.0 and unit.isascii() and unit != "s"
)
"""Units of time that name a column of time all by themselves; HR may be the heart rate."""
_STATISTICS_TEXT = """
    avg smp min max std mean tot total sample samp median wvc counter analog digital float double
    real string bool boolean int int16 int32 int64 uint16 uint32 float32 float64 real32 real64
    integer datetime datetime64 timestamptz bigint smallint numeric text varchar
    posc idat dbl dttm chr lgl fct i8 i32 i64 u8 u32 u64 f32 f64 str
"""
_STATISTICS = frozenset(_STATISTICS_TEXT.split())
_KIND_WITHIN = re.compile(r"(?:nullable|lowcardinality)\((.*)\)")
_ARGUMENTS = re.compile(r"\([\d\s,]{1,9}(?:'[^']{0,40}')?\)|\?")
"""Text behind the kind of a column: decimal(10,2), DateTime64(3, 'UTC'), Float64?."""


@lru_cache(maxsize=4096)
def words(name: str | None) -> frozenset[str]:
    """Return the words of a name in lower case; TimeUS has the words time and us."""
    if not name:
        return frozenset()
    parts = set(re.findall(r"[^\W\d_]+", _CAMEL.sub(" ", name).casefold()))
    parts |= set(re.findall(r"[^\W\d_]+", name.casefold())) & TIME_WORDS
    if any(sign in name for sign in _TIME_CHARACTERS):
        parts.add("time")
    return frozenset(parts)


_NAMES_TEXT = """
    series id entity sensor device tag meter type kind register variable channel parameter param
    station site location metric measurement field signal name topic point item quantity asset
    machine node source label unit typ sensorid deviceid reihe kanal gerät capteur tipo canal
    sensore table key pid name obis attribute feature counter probe mnemonic zone room
    host hostname instance uuid guid serial mac
    store shop plant turbine building household farm city country region family
"""
NAMES = frozenset(_NAMES_TEXT.split())
"""Words, in lower case, of the columns that tell series apart."""


def completes(row: Sequence[str], above: Sequence[str], width: int) -> bool:
    """Return True if a row has names below the blanks of the row above, whose cells were merged.

    Each column has a name in one of them, and as many or more have one in the lower row.
    """
    pairs = [*zip(above[:width], row[:width], strict=False)]
    merged = any(left and not right for (left, _), (right, _) in pairwise(pairs))
    filled = len(pairs) == width and all(upper or lower for upper, lower in pairs)
    fewer = sum(bool(upper) for upper, _ in pairs) <= sum(bool(lower) for _, lower in pairs)
    return merged and filled and fewer and any(upper and not lower for upper, lower in pairs)


def names_time(name: str | None) -> bool:
    """Return True if a name has a word for time in it, or is a form of dates such as YYYYMMDD.

    The t of consumption_t1 is a tariff, or a temperature.
    """
    called = words(name) & TIME_WORDS
    if called == {"t"} and _NUMBERED_T.search(name or ""):
        return False
    if called or words(name) == {"x", "value"}:
        return True
    return bool(name and _DATE_FORM.fullmatch(name.strip()))


def names_only_time(name: str | None) -> bool:
    """Return True if a name says nothing but time: "time_ms", and not "response_time_ms"."""
    if name and _DATE_FORM.fullmatch(name.strip()):
        return True
    return names_time(name) and words(name) <= TIME_WORDS | SECONDS.keys() | _QUALIFIERS


def names_unit_of_time(name: str | None) -> bool:
    """Return True if a name is nothing but a unit of time: "[s]", "x (ms)", "seconds"."""
    if not name or not words(name) <= SECONDS.keys() | {"x", "in", "rt", "today"}:
        return False
    if re.match(r"\s*in\s", name, re.IGNORECASE):
        return True
    return ends_in_seconds(name) or bool(words(name) & _CERTAIN)


def ends_in_seconds(name: str | None) -> bool:
    """Return True if a name has a unit of time in brackets: "Betriebszeit [h]"."""
    return any(text.casefold() in SECONDS for text in _BRACKETED.findall(name or ""))


def names_date(name: str | None) -> bool:
    """Return True if a name has a word for a date or for days in it."""
    return bool(words(name) & _DATE_WORDS)


def seconds_in(name: str | None, unit: str = "") -> float | None:
    """Return the seconds of the time unit in a name or in the row of units, None without one."""
    if unit.strip("[]() ").casefold() in SECONDS:
        return SECONDS[unit.strip("[]() ").casefold()]
    found = [text.casefold() for text in _BRACKETED.findall(name or "")]
    if part := next(filter(None, map(_PART_OF_SECOND.fullmatch, found)), None):
        return 1 / int(part[1] or part[2])
    # The letters of mSec are one word.
    found += re.findall(r"[^\W\d_]{4,}", (name or "").casefold())[::-1]
    # The S of S1 is no second.
    found += [
        word
        for word in re.findall(r"[^\W_]+", _CAMEL.sub(" ", name or "").casefold())[::-1]
        if not any(letter.isdigit() for letter in word)
    ]
    return next((SECONDS[text] for text in found if text in SECONDS), None)


@lru_cache(maxsize=4096)
def is_unit(text: str) -> bool:
    """Return True if a text is a physical unit, with or without brackets."""
    # The micro sign and the Greek letter look alike.
    text = _DETECTOR.sub("", text.strip().replace("μ", "µ"))
    bare = text.strip("[]() ")
    bracketed = bare != text and bare.casefold() in _CERTAIN
    above, _, below = bare.partition("/")
    ratio = above in UNITS and below in _PER_TIME and not names_time(above)
    spelt = ratio or text in _SPELT_UNITS or _UDUNITS.fullmatch(text) is not None
    return text in UNITS or bare in UNITS or spelt or bracketed


def unit_in(name: str | None) -> str:
    """Return the physical unit in a column's name, "" without one: "Temp, °F", "ecg [uV]"."""
    # A unit stands at the end.
    name = (name or "")[-_LONGEST:].replace("μ", "µ")
    name = re.sub(r"\b[Dd]eg(?:rees?|\.)? ([CF])\b", r"°\1", name)
    parts = re.split(r"[\s_]+", name.strip())
    # A name may be nothing but a unit.
    last = parts[-1] if len(parts) > 1 or parts[0] in _LONG_UNITS else ""
    if last in _SIZES and (len(parts) == 1 or parts[-2][-1:].isdigit()):
        last = ""
    if last in _LONG_UNITS or (last in UNITS and {*"/("} & {*last}) or _PER_VOLUME.fullmatch(last):
        return last
    # Requests a second are no seconds, and t/s is a time in seconds.
    if _RATIO.fullmatch(parts[-1]) and not names_time(parts[-1].partition("/")[0]):
        return parts[-1]
    if (of_phase := _OF_PHASE.search(name) or _DEGREES_BEHIND.search(name)) is not None:
        return of_phase[1]
    found = [*(_NESTED.findall(name) or _BRACKETED.findall(name)), *_AFTER_SEPARATOR.findall(name)]
    # A letter behind a dash is the name of a place or a channel: Pump - A.
    found += [text for text in _BEHIND_DASH.findall(name) if len(text) > 1 or text == "%"]
    return next((text for text in found if _is_known(text)), "")


def _is_known(text: str) -> bool:
    """Return True for a known unit, an amount of a substance, or anything a second or hour."""
    per_time = _RATIO.fullmatch(text) and not names_time(text.partition("/")[0])
    text = _DETECTOR.sub("", text)
    return text in UNITS or bool(_PER_VOLUME.fullmatch(text) or per_time)


def unit_text(field: str) -> str:
    """Return the unit in a field of a row of units, without brackets around it; "" for none."""
    text = _CHANNEL.sub("", field.strip("'\" "))
    if _FORMAT.fullmatch(text) or _is_kind(text) or _NUMBER.fullmatch(text):
        return ""
    pair = text[:1] + text[-1:]
    return text[1:-1] if pair in ("[]", "()") and text.count(text[0]) == 1 else text


def _is_kind(field: str) -> bool:
    """Return True for a statistic, or the kind of a column: <dbl>, Nullable(Float64)."""
    kind = field.strip("<>[]").casefold()
    if (inner := _KIND_WITHIN.fullmatch(kind)) is not None:
        kind = inner[1]
    return _ARGUMENTS.sub("", kind) in _STATISTICS or field == "<num>"


def is_unit_row(fields: list[str]) -> bool:
    """Return True if a row of a header holds units or statistics and no names."""
    full = [field.strip("'\" ") for field in fields if field.strip()]
    full = [field for field in full if not _NUMBER.fullmatch(field) and field not in "--"]
    known = sum(
        is_unit(field)
        or bool(_CLOCK_FORM.fullmatch(field) or _STAMP_FORM.fullmatch(field))
        or _is_kind(field)
        or bool(_FORMAT.fullmatch(field) or _RATIO.fullmatch(field))
        for field in full
    )
    bracketed = len(full) > 1 and all(map(_IN_BRACKETS.fullmatch, full))
    return bool(full) and (known >= len(full) / 2 or (bracketed and any(map(is_unit, full))))
