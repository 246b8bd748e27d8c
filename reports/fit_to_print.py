"""What the doctor looks at for reports: that a page is printed here, with the fonts that come along."""

from __future__ import annotations

from collections.abc import Iterator

from practice import doctor

#: Letters of three scripts, each from another file of ours.
SAMPLE = """<html lang="en"><title>.</title><p style="font-family: 'Source Sans 3'">Aa שלום ไทย</p></html>"""
LIBRARIES = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


@doctor.part("fonts", needs_database=False)
def fonts() -> Iterator[doctor.Finding]:
    """Print a line in the fonts of reports. It takes a second."""
    try:
        from reports import press
    except OSError:
        yield doctor.Finding("No report can be printed: a library is missing.", LIBRARIES)
        return
    made = press.HTML(string=SAMPLE, url_fetcher=press.ReportFetcher()).write_pdf(uncompressed_pdf=True)
    names = ("Source-Sans-3", "Noto-Sans-Hebrew", "Noto-Sans-Thai")
    lacking = [name for name in names if name.encode() not in (made or b"")]
    if lacking:
        yield doctor.Finding(
            f"Reports would be printed without {', '.join(lacking)}.",
            "Bring back the files in reports/fonts/, and let the workers' user read them.",
        )
