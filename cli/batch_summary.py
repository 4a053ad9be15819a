"""The summary of a batch: a table of all recordings, in a file and for a person."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spectra.cli.batch_records import Outcome
from spectra.cli.batch_results import WORST
from spectra.text import cell, short, well_formed

# Recordings of the table on standard output: more fill several screens.
MOST_SHOWN = 20
# Columns of the summary before and after those of the worst alarm, and their kinds in Parquet.
KINDS = {
    "recording": "str", "result": "str", "n_samples": "Int64", "n_channels": "Int64",
    "fs": "float64", "nperseg": "Int64", "n_alarms": "Int64",
    **dict.fromkeys(("start", "end", "peak", "start_time", "channel"), "str"),
    **dict.fromkeys(("smallest_p", "score", "p_value"), "float64"),
    **dict.fromkeys(("f_low", "f_high", "duration"), "float64"),
    **dict.fromkeys(("first_row", "last_row"), "Int64"),
    "error": "str",
}  # fmt: skip
COLUMNS = (
    "recording", "result", "n_samples", "n_channels", "fs", "nperseg", "n_alarms", "smallest_p",
    *WORST, "error",
)  # fmt: skip


def summary_rows(outcome: Outcome) -> list[dict[str, Any]]:
    """Return the rows of an outcome in the summary."""
    if outcome.finished is None:
        found: list[dict[str, Any]] = [{"recording": outcome.item.name, "error": outcome.error}]
    else:
        found = outcome.finished.rows
    return [{name: row.get(name) for name in COLUMNS} for row in found]


def summary_content(rows: list[dict[str, Any]], path: Path, *, keep_formulas: bool) -> bytes:
    """Return the summary as a CSV or a Parquet file, by the ending of its name."""
    import pandas as pd

    columns = {
        name: pd.Series([_text(row[name]) for row in rows], dtype=KINDS[name]) for name in COLUMNS
    }
    table = pd.DataFrame(columns)
    if path.suffix.lower() == ".parquet":
        content: bytes = table.to_parquet(index=False)
        return content
    for name in ("recording", "result", "channel", "error"):
        texts = table[name]
        table[name] = [
            cell(text, keep_formulas=keep_formulas) if isinstance(text, str) else None
            for text in texts
        ]
    return table.to_csv(index=False, lineterminator="\n").encode()


def _text(value: Any) -> Any:
    """Return a value of the summary; texts are well-formed, as Arrow takes no others."""
    return well_formed(value) if isinstance(value, str) else value


def write_pages_index(outcomes: Sequence[Outcome], path: Path, n_failed: int) -> None:
    """Write the page over all pages, with the number of recordings that have none."""
    from spectra.html_report.index import Entry, write_index

    entries = [
        Entry(**{**entry, "line": tuple(entry["line"])})
        for outcome in outcomes
        if outcome.finished is not None
        for entry in outcome.finished.entries
    ]
    if entries:
        write_index(entries, path, n_failed)


def table_of_worst(rows: list[dict[str, Any]], path: Path) -> str:
    """Return a table of the recordings with the worst alarms, and their numbers."""
    import pandas as pd

    from spectra.formatting import aligned, counted, p_text

    alarmed = sorted(
        (row for row in rows if row["n_alarms"]), key=lambda row: -(row["score"] or 0.0)
    )
    lines = []
    if alarmed:
        cells = [
            (
                short(row["recording"]),
                f"{row['n_alarms']:,}",
                row["start_time"] or f"row {row['first_row']:,}",
                p_text(row["p_value"], row["smallest_p"]),
                short(row["channel"]),
            )
            for row in alarmed[:MOST_SHOWN]
        ]
        titles = ["recording", "alarms", "worst starts at", "p-value", "channel"]
        lines = aligned(pd.DataFrame(cells, columns=titles, dtype=object))
    failed = sum(row["error"] is not None for row in rows)
    parts = [
        counted(len(rows), "recording"),
        f"{len(alarmed):,} with an alarm",
        *([f"{failed:,} failed"] if failed else []),
    ]
    return "\n".join([*lines, f"{', '.join(parts)}: {path} lists all."])
