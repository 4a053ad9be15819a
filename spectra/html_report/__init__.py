"""Detections as pages for a browser, which need no network."""

from spectra.html_report.index import report_index
from spectra.html_report.page import report, write_report

__all__ = ["report", "report_index", "write_report"]
