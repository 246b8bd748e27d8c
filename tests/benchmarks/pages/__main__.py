"""One case, or several, outside of a test run; see the package."""

from __future__ import annotations

import argparse
import os
import sys

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "practice.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection

    from tests import databases
    from tests.benchmarks.pages import table
    from tests.benchmarks.pages.cases import every
    from tests.benchmarks.pages.measuring import look_at, measured

    cases = every()
    given = _words(list(cases))
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    connection.settings_dict["TEST"]["NAME"] = f"attune_bench_{os.getpid()}"  # several may be at it
    databases.begin(keep=False)
    try:
        chosen = [cases[name] for name in given.case or cases]
        if given.show or given.profile or given.statements:
            for one in chosen:
                print(look_at(one, given))
            return
        found = [measured(one, rounds=given.rounds, times=given.times, count=not given.quick) for one in chosen]
        print(table.markdown(found))
        print(table.kept(found))
    finally:
        databases.end()


def _words(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.pages")
    parser.add_argument("case", nargs="*", help=f"which: {', '.join(names)}; all, if none is named")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--times", type=int, default=20, help="requests in each round")
    parser.add_argument("--quick", action="store_true", help="count no instructions")
    parser.add_argument("--profile", type=int, default=0, metavar="TIMES", help="cProfile of so many requests")
    parser.add_argument("--sort", default="tottime", help="tottime, cumtime, ncalls")
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--statements", action="store_true", help="print what goes to the database")
    parser.add_argument("--show", action="store_true", help="print the answer")
    parser.add_argument("--side", default="ours", choices=["ours", "floor"])
    given = parser.parse_args()
    if unknown := set(given.case) - set(names):
        sys.exit(f"There is no {', '.join(sorted(unknown))}. There are: {', '.join(names)}")
    return given


main()
