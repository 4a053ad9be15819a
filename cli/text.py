"""Texts from files, made safe to show on a terminal."""

import click

LONGEST_NAME = 40


def printable(text: str) -> str:
    """Return the text without escape sequences, control and invisible characters."""
    letters = (" " if letter.isspace() else letter for letter in click.unstyle(text))
    return " ".join("".join(letter for letter in letters if letter.isprintable()).split())


def short(name: str) -> str:
    """Return a printable name of at most LONGEST_NAME characters."""
    plain = printable(name)
    return plain if len(plain) <= LONGEST_NAME else plain[: LONGEST_NAME - 1] + "…"
