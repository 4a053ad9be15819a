"""Options that several commands share, and their values, by subject."""

from spectra.cli.options.advanced import Advanced, is_advanced
from spectra.cli.options.learning import VIEWS, Learning, learning_options, rows_option
from spectra.cli.options.numbers import Hertz, Number, Whole
from spectra.cli.options.output import (
    Output,
    keep_formulas_option,
    output_options,
    table_or_json_option,
    text_or_json_option,
)
from spectra.cli.options.paths import STDIN, ReadPath, WrittenFolder, WrittenPath, opened
from spectra.cli.options.processes import jobs_option
from spectra.cli.options.reading import Reading, reading_options
from spectra.cli.options.threshold import alarm_options, alpha_option, usual_alpha_option
from spectra.cli.options.values import (
    USUAL_STEP,
    above_zero,
    alarm_rate,
    bearing_name,
    probability,
    revolutions,
    row_range,
    sampling_rate,
    share,
)
from spectra.cli.options.verbosity import Verbosity, quiet_options, verbosity_options

__all__ = [
    "STDIN",
    "USUAL_STEP",
    "VIEWS",
    "Advanced",
    "Hertz",
    "Learning",
    "Number",
    "Output",
    "ReadPath",
    "Reading",
    "Verbosity",
    "Whole",
    "WrittenFolder",
    "WrittenPath",
    "above_zero",
    "alarm_options",
    "alarm_rate",
    "alpha_option",
    "bearing_name",
    "is_advanced",
    "jobs_option",
    "keep_formulas_option",
    "learning_options",
    "opened",
    "output_options",
    "probability",
    "quiet_options",
    "reading_options",
    "revolutions",
    "row_range",
    "rows_option",
    "sampling_rate",
    "share",
    "table_or_json_option",
    "text_or_json_option",
    "usual_alpha_option",
    "verbosity_options",
]
