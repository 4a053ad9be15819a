"""Names of columns in the encodings of loggers of other scripts, against the names written."""

import io

import numpy as np
import pytest

from spectra.datasets import read
from spectra.datasets.readers.foreign.scripts import encoding_of_script

VALUES = np.round(np.random.default_rng(6).normal(20, 1, (60, 2)), 2)
NAMES = {
    "gbk": [("温度(℃)", "压力(kPa)"), ("电流(A)", "功率"), ("采集值", "通道1")],
    "gb18030": [("温度", "湿度")],
    "cp949": [("온도(℃)", "습도와 압력")],
    "cp932": [("気温(℃)", "風速(m/s)"), ("データ番号", "電圧[V]"), ("温度", "湿度")],
    "cp1251": [("Температура, °C", "Давление"), ("Скорость", "Сила тока")],
    "latin-1": [
        ("Größe", "Temperatur °C"),
        ("Débit", "Énergie"),
        ("Señal µV", "Presión"),
        ("Länge Gerät", "Wärmemenge Kälte"),
        ("Température réelle", "Débit Fréquence"),
        ("Umidità (%)", "Velocità m³/h"),
        ("Õhurõhk", "Pressões"),
    ],
    "cp1252": [("Temperatur – außen", "Preis €/kWh"), ("Débit d’eau", "cœur")],
    "cp1250": [
        ("Ciśnienie", "Przepływ"),
        ("Napięcie", "Częstotliwość"),
        ("Hőmérséklet", "Páratartalom"),
        ("Průtok", "Teplota"),
        ("Napětí", "Příkon"),
    ],
    "cp1254": [("S\u0131cakl\u0131k", "Bas\u0131n\u00e7")],
    "utf-8": [("温度", "습도"), ("Größe", "Скорость")],
}


@pytest.mark.parametrize(
    ("encoding", "names"), [(one, pair) for one, pairs in NAMES.items() for pair in pairs]
)
def test_names_are_read_in_the_encoding_of_their_script(
    encoding: str, names: tuple[str, str]
) -> None:
    rows = "".join(f"{i};{a};{b}\n" for i, (a, b) in enumerate(VALUES))
    found = read(io.BytesIO(f"time;{names[0]};{names[1]}\n{rows}".encode(encoding)))
    assert found.channels == names
    np.testing.assert_array_equal(found.values, VALUES)


@pytest.mark.parametrize(
    "text", ["°°°°°°", "Größe;Übermaß;Stöße", "“x” – ° €", "20 °C ± 0.5 µm", "a,b"]
)
def test_western_texts_have_none_of_these_encodings(text: str) -> None:
    assert encoding_of_script(text.encode("cp1252")) is None


@pytest.mark.parametrize("encoding", ["gbk", "cp949", "cp932", "cp1251"])
@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_text_that_is_cut_within_a_letter_is_recognised(encoding: str, cut: int) -> None:
    text = "".join(NAMES[encoding][0]) * 3
    whole, found = (encoding_of_script(text.encode(encoding)[:-k]) for k in (4, cut))
    assert whole == found is not None
