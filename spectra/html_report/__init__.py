"""A detection as one page for a browser, which needs no network."""

from spectra.html_report.page import report, write_report

__all__ = ["report", "write_report"]
