"""Texts from files as a terminal may be shown them."""

import click

LONGEST_NAME = 40


def printable(text: str) -> str:
    """The text without what steers a terminal: escape sequences, control and invisible
    characters.
    """
    letters = (" " if letter.isspace() else letter for letter in click.unstyle(text))
    return " ".join("".join(letter for letter in letters if letter.isprintable()).split())


def short(name: str) -> str:
    """A name from a file, printable and of a length that leaves room for the rest of the line."""
    plain = printable(name)
    return plain if len(plain) <= LONGEST_NAME else plain[: LONGEST_NAME - 1] + "…"
