"""An alarm in one sentence, and its parts as text."""

from typing import Final

from spectra import formatting
from spectra.explanation.bands import Band
from spectra.explanation.kinds import Kind

# Change in dB from which on a band is silent, or was: 10⁻¹⁰ of the power is rounding.
SILENT_DB: Final = -100.0
# Names of the views φ for people.
VIEW_NAMES: Final = {
    "magnitude": "the amplitudes",
    "magnitude-dc": "the amplitudes and the level",
    "complex": "the amplitudes and phases",
    "aligned": "the phases relative to one another",
    "shape": "the form of the cycle",
    "level": "the level",
    "residual": "the part that other channels do not predict",
    "spectrogram": "the loudness of bands over time",
    "amplitude": "the total amplitude",
    "lines": "the power of single frequencies",
    "rows": "single rows",
}


def sentence(
    kind: Kind,
    title: str,
    span: str,
    unit: str,
    found: tuple[Band, ...],
    expected: str,
    level: float | None = None,
) -> str:
    """Return an alarm in one sentence.

    Parameters
    ----------
    kind : str
    title : str
        Channel.
    span : str
        First and last instant.
    unit : str
        Unit of the channel, empty where it is unknown.
    found : tuple of Band
    expected : str
        Of the sequence method: what was expected and what came.
    level : float, optional
        Difference of a level, or mean difference of a drift, from normal.
    """
    lead = f"{title}, {span}: "
    if level is not None:
        verb = "lies" if kind == "level" else "drifts, on average"
        return f"{lead}the level {verb} {level_text(level, unit)} normal."
    if kind == "order":
        return f"{lead}each part is normal by itself, but not in this order: {expected}."
    if kind == "coupling lost":
        return f"{lead}it no longer follows the other channels, though it looks normal by itself."
    if not found:
        return f"{lead}it differs from normal."
    return f"{lead}{_ENDS[kind]} {_band_phrase(_telling(kind, found), unit)}."


_ENDS: Final[dict[Kind, str]] = {
    "burst": "a burst, most",
    "dropout": "it falls silent or stands still, most",
    "new tone": "a new tone",
    "lost tone": "a tone is missing",
    "changed shape": "its shape has changed, most",
}


# Direction of the change that makes the kind: what is loud is not told by a band that lost power.
_DIRECTIONS: Final[dict[Kind, int]] = {"burst": 1, "new tone": 1, "dropout": -1, "lost tone": -1}


def _telling(kind: Kind, found: tuple[Band, ...]) -> Band:
    """Return the first band that changed in the direction of the kind, without one the first."""
    direction = _DIRECTIONS.get(kind, 0)
    changes = [(one.change_db or 0.0) if one.change is None else one.change for one in found]
    fitting = (one for one, change in zip(found, changes, strict=True) if change * direction >= 0)
    return next(fitting, found[0])


def _band_phrase(one: Band, unit: str) -> str:
    """Return a band with its change: "in the band 12.0 – 16.0 Hz, 14 dB above normal"."""
    if one.change is not None:
        return f"in its level, {level_text(one.change, unit)} normal"
    return f"{_place(one.text)}, {decibel_text(one.change_db or 0.0)} normal"


def _place(band: str) -> str:
    """Return a band as a place: "at 12.0 Hz", "in the band 12.0 – 16.0 Hz", "at periods of …"."""
    kind, _, times = band.partition(" ")
    if kind in ("period", "periods"):
        return f"at {'a period' if kind == 'period' else 'periods'} of {times}"
    return f"in the band {band}" if "–" in band else f"at {band}"


def level_text(change: float, unit: str) -> str:
    """Return the difference of a level: "3.2 °C above"."""
    size = f"{abs(change):.3g} {_of_difference(unit)}".rstrip()
    return f"{size} {'above' if change > 0 else 'below'}"


def _of_difference(unit: str) -> str:
    """Return the unit of a difference: 60 % is not 20 % above 40 %, but 20 percentage points."""
    return "percentage points" if unit == "%" else unit


def decibel_text(change: float) -> str:
    """Return a change in dB: "14 dB above", "silent beside", "as strong as"."""
    if change <= SILENT_DB:
        return "silent beside"
    if change >= -SILENT_DB:
        return f"more than {-SILENT_DB:.0f} dB above"
    if abs(change) < 0.5:
        return "as strong as"
    return f"{abs(change):.0f} dB {'above' if change > 0 else 'below'}"


def band_line(one: Band, unit: str) -> str:
    """Return a band with its share and its change: "12.0 – 16.0 Hz 80 % (+14.2 dB)"."""
    return f"{one.text} {percent(one.share)} ({_change(one, unit)})"


def _change(one: Band, unit: str) -> str:
    """Return the change of a band: "+14.2 dB", "-3.1 °C", "silent", "normally silent"."""
    if one.change is not None:
        return f"{one.change:+.3g} {_of_difference(unit)}".rstrip()
    change = one.change_db or 0.0
    if change <= SILENT_DB:
        return "silent"
    return "normally silent" if change >= -SILENT_DB else f"{change:+z.1f} dB"


def percent(share: float) -> str:
    """Return a share in percent: "80 %", "< 1 %"."""
    return formatting.percent_text(share)
