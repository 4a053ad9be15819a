"""The command `spectra`."""

import click

import spectra


@click.group()
@click.version_option(spectra.__version__, prog_name="spectra")
def main() -> None:
    """Find anomalies in sensor and medical signals by comparing spectra."""
