"""A process of the benchmark of reports: `python -m tests.benchmarks.printing ours|bare|caseload WHAT`.

It makes ready, prints `ready`, and then answers each line it reads with what that one run took, as JSON: seconds of a
processor, seconds, and the most memory that the process ever held, in MB.

* ``ours REPORT`` makes that report as a worker does: rows read, charts drawn, pages set, file hashed, sealed and kept.
* ``bare FOLDER`` prints the page that lies in the folder, as WeasyPrint's documentation shows it.
* ``caseload PRACTICE`` makes the practice's waiting reports, one after the other, for as long as one has its turn.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE, SHEET, FILE = "page.html", "paper.css", "bare.pdf"


def ours(report_id: str) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return what lets the report wait anew, and what makes it."""
    import django

    django.setup()
    from practice import dispatch, tenancy
    from reports import tasks
    from reports.models import Report

    practice_id = dispatch.practices()[0]

    def wait() -> None:
        with tenancy.acting(tenancy.as_system(practice_id)):
            Report.objects.filter(pk=report_id).update(state=Report.State.WAITING, attempts=0)

    return wait, lambda: tasks.make_report(practice_id=str(practice_id), report_id=report_id)


def bare(folder: str) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return what clears the table, and what prints the page; the fonts are those of ours, so that pages agree."""
    os.environ["FONTCONFIG_FILE"] = str(ROOT / "reports" / "fonts" / "fonts.conf")
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    target = Path(folder, FILE)

    def write() -> None:
        font_config = FontConfiguration()
        html = HTML(filename=Path(folder, PAGE))
        css = CSS(filename=Path(folder, SHEET), font_config=font_config)
        html.write_pdf(target, stylesheets=[css], font_config=font_config, pdf_variant="pdf/ua-1")

    return lambda: target.unlink(missing_ok=True), write


def caseload(practice_id: str) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return what warms this worker up, and what works until no report has its turn; bells ring in this process."""
    import django

    django.setup()
    from reports import press, tasks, turns

    bells: list[dict[str, str]] = []
    tasks.make_report.delay = lambda **ids: bells.append(ids)

    def work() -> None:
        tasks._next_turn(uuid.UUID(practice_id))
        while bells:
            tasks.make_report(**bells.pop(0))

    return lambda: (press.stylesheet("paper.css"), turns.AT_ONCE), work


def measured(act: Callable[[], object]) -> dict[str, float]:
    cpu, began = time.process_time(), time.monotonic()
    act()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu": time.process_time() - cpu, "seconds": time.monotonic() - began, "most": most}


def main() -> None:
    how, what = sys.argv[1:]
    before, act = {"ours": ours, "bare": bare, "caseload": caseload}[how](what)
    before()
    if how != "caseload":
        act()  # the first one reads templates and fonts
    print("ready", flush=True)
    for _line in sys.stdin:
        before()
        print(json.dumps(measured(act)), flush=True)


if __name__ == "__main__":
    main()
