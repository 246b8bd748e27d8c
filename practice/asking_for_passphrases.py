"""Passphrases on the command line: typed unseen, or read from a file; never an argument, which others can see."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import CommandError


def add_to(parser: ArgumentParser) -> None:
    """Let a command be told where its passphrase is."""
    parser.add_argument(
        "--passphrase-file", metavar="FILE", help="the passphrase is its first line ('-': of the input)"
    )


def ask(file: str | None) -> str:
    """Return the passphrase; raise CommandError where there is none."""
    try:
        if file is None:
            found = getpass.getpass("Passphrase: ")
        else:
            text = sys.stdin.readline() if file == "-" else Path(file).read_text(encoding="utf-8")
            found = text.split("\n", 1)[0].removesuffix("\r")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise CommandError("There is no passphrase to be read.") from error
    if not found:
        raise CommandError("The passphrase is empty.")
    return found
