"""An alarm in one sentence, and its parts as text."""

from typing import Final

from spectra.explanation.bands import Band
from spectra.explanation.kinds import Kind

# Change in dB from which on a band is silent: 10⁻¹⁰ of the power is rounding.
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
    "amplitude": "the total amplitude",
    "rows": "single rows",
}


def sentence(
    kind: Kind,
    title: str,
    span: str,
    unit: str,
    found: tuple[Band, ...],
    expected: str,
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
    """
    lead = f"{title}, {span}: "
    level = next((one.change for one in found if one.change is not None), None)
    if kind in ("level", "drift") and level is not None:
        verb = "lies" if kind == "level" else "drifts, on average"
        return f"{lead}the level {verb} {level_text(level, unit)} normal."
    if kind == "order":
        return f"{lead}each part is normal by itself, but not in this order: {expected}."
    if kind == "coupling lost":
        return f"{lead}it no longer follows the other channels, though it looks normal by itself."
    if not found:
        return f"{lead}it differs from normal."
    return f"{lead}{_ENDS[kind].format(band=_band_phrase(found[0], unit))}."


_ENDS: Final[dict[Kind, str]] = {
    "burst": "a burst, most in the band {band}",
    "dropout": "it falls silent or stands still; the band {band}",
    "new tone": "a new tone at {band}",
    "lost tone": "a tone is missing at {band}",
    "changed shape": "its shape has changed, most in the band {band}",
    "level": "its level has changed, most in the band {band}",
    "drift": "it drifts, most in the band {band}",
}


def _band_phrase(one: Band, unit: str) -> str:
    """Return a band with its change: "12.0 – 16.0 Hz, 14 dB above normal"."""
    if one.change is not None:
        return f"{one.text}, {level_text(one.change, unit)} normal"
    return f"{one.text}, {decibel_text(one.change_db or 0.0)} normal"


def level_text(change: float, unit: str) -> str:
    """Return the difference of a level: "3.2 °C above"."""
    size = f"{abs(change):.3g} {unit}".rstrip()
    return f"{size} {'above' if change > 0 else 'below'}"


def decibel_text(change: float) -> str:
    """Return a change in dB: "14 dB above", "silent beside", "as strong as"."""
    if change <= SILENT_DB:
        return "silent beside"
    if abs(change) < 0.5:
        return "as strong as"
    return f"{abs(change):.0f} dB {'above' if change > 0 else 'below'}"


def band_line(one: Band, unit: str) -> str:
    """Return a band with its share and its change: "12.0 – 16.0 Hz 80% (+14.2 dB)"."""
    changed = (
        f"{one.change:+.3g} {unit}".rstrip()
        if one.change is not None
        else f"{one.change_db or 0.0:+.1f} dB"
        if (one.change_db or 0.0) > SILENT_DB
        else "silent"
    )
    return f"{one.text} {percent(one.share)} ({changed})"


def percent(share: float) -> str:
    """Return a share in percent: "80%", "< 1%"."""
    return f"{share:.0%}" if share >= 0.01 else "< 1%"
