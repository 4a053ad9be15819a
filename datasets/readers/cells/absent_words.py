"""Words that loggers and programs write where they have no value."""

import re

MISSING = frozenset(
    {"", "-", "--", "?", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "null", "none"}
)
"""Words, in lower case, that every program reads as a missing value."""

_MISSING_TEXT = """
    unavailable unknown undefined undef missing invalid void nil ovld ovl ovfl overload overflow
    over under underrange overrange sat saturated open short err error fault fail failed bad
    offline off-line disconnected timeout nodata no_data no-data noread nc n.a. na. #na #n/v n/d
    nd n.d. --- ---- -.- --.- . … * ** *** #value! #num! #ref! nan. -inf* fehler ungültig
    unbekannt ausfall fehlt error: inconnu erreur desconocido – — n/e s/d k.a. n.v. n/v high low
    indisponible ungueltig inválido invalide leer shutdown configure n.b. onbekend ∞ +∞ -∞ #error
    --undefined-- undetermined unspecified n/c noct burnout burn-out mm m +over -over ----- +++++
    hoch niedrig élevé faible alto bajo basso hoog laag : lo hi ice eqp
    bkw leitungsbruch kabelbruch drahtbruch fühlerbruch
    ovf oor ur b.out nat ol. fail! probeopen sensorfail err. 1.#inf -1.#inf 1.#inf00 -1.#inf00
    defekt störung mq (null) <null> [null] [n/a] (n/a) \\n nan(ind) -nan(ind) nan(snan) #missing
    ᴺᵁᴸᴸ gated
"""
MISSING_WORDS = (
    MISSING
    | frozenset(_MISSING_TEXT.split())
    | {"[not supported]", "not supported", "[unknown error]", "no such instance"}
    | {"open circuit", "short circuit", "no ct"}
    | {"no data", "not available", "not a number", "out of range", "o.l", "ol", "o.l.", "+ovld"}
    | {
        "bad input",
        "bad output",
        "bad quality",
        "bad data",
        "i/o timeout",
        "scan off",
        "scan timeout",
    }
    | {"pt created", "calc failed", "comm fail", "equip fail", "intf shut", "not connected"}
    | {
        "no result",
        "no value",
        "under range",
        "over range",
        "no signal",
        "sensor error",
        "sensor fail",
        "sensor failure",
        "probe open",
        "probe error",
        "no sample",
        "data loss",
        "bad total",
        "out of serv",
        "out of service",
        "arc off-line",
        "tag not found",
        "invalid float",
        "invalid data",
        "filter fail",
        "inp outrange",
        "not connect",
        "doubtful",
        "nicht verf.",
    }
    | {"kein wert", "keine daten", "nicht verfügbar", "no disponible", "sin datos", "sem dados"}
    | {
        "non disponible",
        "non disponibile",
        "pas de données",
        "geen data",
        "brak danych",
        "missing data",
    }
)
"""Words, in lower case, that a logger writes where it has no value."""

BESIDE_RANGE = re.compile(
    r"[+-](?:ol|o\.l\.?|ovld|ovl|ovfl?|over|open|err|or|ur)|([*+^~.=_/?#])\1*|-+\.-+"
)
"""Words with a sign, and one sign or dashes throughout, in lower case: -OL, ++++++, ---.-."""
CODED = re.compile(r"\[-?\d{1,6}\] ?[^\W\d_].*|err(?:or)?[ :.#-]{1,2}\d{1,4}")
"""A number of an error, with or without its words: [-11059] No Good Data, Error 5."""
