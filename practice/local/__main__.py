"""`python -m practice.local stop`: stop the servers of this checkout, those of the demo and those of the tests.

`python -m practice.local run WORDS …`: run a command, then stop the servers of the tests that it started.
"""

import os
import subprocess
import sys
from pathlib import Path

from practice.local import machine, postgres, valkey


def states() -> tuple[Path, Path, Path]:
    """Where the demo, the tests and the check of the demo keep their servers in this checkout."""
    state = Path(os.environ.get("ATTUNE_STATE") or machine.CHECKOUT / ".attune")
    return state / "demo", state / "test", state / "check" / "demo"


def stop(*of: Path) -> None:
    """Stop PostgreSQL and Valkey of each state."""
    for state in of:
        valkey.stop(state)
        postgres.stop(state)


def environment() -> dict[str, str]:
    """What the command inherits.

    Tests start dozens of Python processes, so bytecode is kept even where the machine says otherwise: compiling takes
    longer than most of these processes live.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | machine.library_path()


def run(words: list[str]) -> int:
    """Run a command to its end, then stop the servers that it started for its tests; returns its exit code."""
    of_tests = states()[1]
    were_up = postgres.answers(of_tests)
    process = subprocess.Popen(words, env=environment())
    try:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:  # the command has it too, and ends in its own time
                continue
    finally:
        if not were_up:  # else another test run shares them
            stop(of_tests)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["stop"]:
            stop(*states())
        case ["run", *words] if words:
            sys.exit(run(words))
        case _:
            sys.exit(__doc__)
