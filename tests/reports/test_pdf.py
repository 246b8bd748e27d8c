"""The PDF: whole, tagged, reproducible, and closed to everything outside the report."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import page
import pikepdf
import pytest

from reports.fingerprint import content_code
from reports.paper import (
    DayMap,
    Doing,
    Given,
    Letterhead,
    Line,
    Mood,
    Partner,
    Quote,
    Report,
    Series,
)
from reports.pdf import Rendered, render
from tests.reports import sample
from tests.reports.reading import png, problems, text_of, words_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def clinical() -> Rendered:
    return render(sample.report("clinical"))


@pytest.fixture(scope="module")
def shared() -> Rendered:
    return render(sample.report("shared"))


@pytest.mark.parametrize("paper", ["a4", "letter"])
@pytest.mark.parametrize("edition", ["clinical", "shared"])
def test_conforms_to_pdf_ua(tmp_path: Path, edition: str, paper: str) -> None:
    rendered = render(sample.report(edition, paper=paper))  # type: ignore[arg-type]
    path = tmp_path / "report.pdf"
    path.write_bytes(rendered.pdf)
    result = page.validate_pdf(str(path), profile="ua1")
    assert [f"{failure.rule_id}: {failure.message}" for failure in result.failures] == []
    assert problems(rendered.pdf) == []
    assert rendered.notes == ()


def test_paper_size(shared: Rendered) -> None:
    with pikepdf.open(BytesIO(shared.pdf)) as document:
        assert [round(float(edge)) for edge in document.pages[0].MediaBox] == [0, 0, 595, 842]
    letter = render(sample.report(paper="letter"))
    with pikepdf.open(BytesIO(letter.pdf)) as document:
        assert [round(float(edge)) for edge in document.pages[0].MediaBox] == [0, 0, 612, 792]


def test_running_header_footer_and_contents(shared: Rendered, clinical: Rendered) -> None:
    text = words_of(shared)
    assert f"2 of {shared.pages}" in text
    assert "Shared edition, for Mara & Theo and their therapist." in text
    assert "2 March – 24 May 2026" in text
    assert shared.code in text
    assert "Clinical edition, for the treating therapist, not for the partners." in words_of(clinical)


def test_same_report_same_bytes(shared: Rendered) -> None:
    assert render(sample.report("shared")).sha256 == shared.sha256


def test_same_bytes_in_any_process(shared: Rendered) -> None:
    """Another hash seed, another clock, another time zone: the same file."""
    program = (
        "import django; django.setup()\n"
        "from reports.pdf import render\nfrom tests.reports import sample\n"
        "print(render(sample.report('shared')).sha256)"
    )
    for seed in ("1", "4711"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": seed, "TZ": "Asia/Tokyo"}
        run = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        assert run.stdout.strip() == shared.sha256


def test_importing_does_not_load_weasyprint() -> None:
    program = "import sys, reports.pdf, reports.charts; print('weasyprint' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_other_scripts_keep_their_letters() -> None:
    """Two fonts under one name once printed wrong letters; the text layer showed it."""
    said = "Łódź Ελλάδα Київ"
    assert said in words_of(render(sample.report(quotes=(Quote(said, 0),))))


def test_code_is_about_the_content() -> None:
    report = sample.report()
    assert content_code(report) == content_code(replace(report, paper="letter"))
    assert content_code(report) != content_code(replace(report, reference="LH-2026-0418"))
    assert len(content_code(report)) == 14


# --- Nothing that is not in the report --------------------------------------------------------


def test_shared_report_refuses_the_table_of_partners() -> None:
    row = Given(1, "Landing time", "Ritual", date(2026, 3, 8), ("done", "open"))
    with pytest.raises(ValueError, match="never sets"):
        sample.report("shared", doing=Doing(given=(row,)))


def test_b87_shared_report_says_nothing_about_open_things(shared: Rendered) -> None:
    text = text_of(shared)
    for word in ("Open\n", "Skipped", "Started\n", "Not done", "missed", "overdue", "homework", "Homework"):
        assert word not in text


def test_b87_no_word_of_another_report_stays_in_the_process() -> None:
    other = Letterhead("Kestrel Rooms", "Somewhere else", logo=png())
    render(sample.report(letterhead=other, quotes=(Quote("Only between these two walls.", 0),)))
    again = render(sample.report())
    assert "Kestrel" not in text_of(again)
    assert "walls" not in text_of(again)
    with pikepdf.open(BytesIO(again.pdf)) as document:
        assert not any(o.get("/Subtype") == "/Image" for o in document.objects if isinstance(o, pikepdf.Stream))


def test_empty_sections_leave_nothing_behind() -> None:
    text = text_of(render(sample.report(mood=None, quotes=(), goals=(), areas=None)))
    for heading in ("Mood", "own words", "goals", "Seven areas"):
        assert heading not in text


# --- Shapes of couples and of data ------------------------------------------------------------


def bare(*names: str, **changes: object) -> Report:
    people = tuple(Partner(name, at) for at, name in enumerate(names))
    return Report(
        "shared",
        Letterhead("Linden House"),
        people,
        sample.STARTS,
        sample.ENDS,
        date(2026, 5, 26),
        "LH-1",
        "Dr Ines Karlsen",
        **changes,
    )  # type: ignore[arg-type]


def test_one_partner_three_partners_six_partners() -> None:
    for names in (("Mara",), ("Mara", "Theo", "Ada"), ("Mara", "Theo", "Ada", "Jun", "Noor", "Eli")):
        lines = tuple(Line(at, sample.weekly((10 + at, 12 + at, None, 15 + at))) for at in range(len(names)))
        series = Series("Closeness", 0, 35, lines)
        maps = tuple(sample.mood(at, 0) for at in range(len(names)))
        areas = replace(sample.report().areas, rows=(series,))  # type: ignore[type-var]
        rendered = render(bare(*names, series=(series,), mood=Mood(maps), areas=areas))
        assert problems(rendered.pdf) == []
        assert all(name in text_of(rendered) for name in names)


def test_an_empty_report_is_a_report() -> None:
    rendered = render(bare("Mara", "Theo"))
    assert rendered.pages == 1
    assert "nothing to report for this period yet" in words_of(rendered)
    assert problems(rendered.pdf) == []


def test_two_answers_are_too_early_to_draw() -> None:
    series = Series("Closeness", 0, 10, (Line(0, sample.weekly((4, 6))),))
    text = words_of(render(bare("Mara", "Theo", series=(series,), mood=Mood((DayMap(0, (3, None, 4)),)))))
    assert "Too early to draw. From the third answer on" in text
    assert "The answers so far" in text
    assert "From the third entry on" in text


def test_a_report_in_another_language_has_its_numbers() -> None:
    series = Series("Nähe", 0, 10, (Line(0, sample.weekly((4.5, 6, 7.5))),))
    text = words_of(render(bare("Jörg", "Zoë", series=(series,), language="de")))
    assert "4,5 → 7,5" in text
    assert "2. März – 24. Mai 2026" in text


def test_b86_a_long_table_has_a_limit_and_a_price() -> None:
    rows = tuple(
        Given(at // 4 + 1, f"Exercise {at}", "Ritual", sample.STARTS + timedelta(days=at % 80), ("done", "open"))
        for at in range(1001)
    )
    with pytest.raises(ValueError, match="at most 1000"):
        sample.report("clinical", doing=Doing(given=rows))
    begun = time.process_time()
    rendered = render(sample.report("clinical", doing=Doing(given=rows[:300])))
    assert time.process_time() - begun < 20
    assert "Exercise 299" in text_of(rendered)


def test_rows_that_a_table_has_no_room_for_lie_in_the_file() -> None:
    earlier = (
        Given(1, "=HYPERLINK(1)", "Ritual", sample.STARTS, ("done", "")),
        Given(1, 'Talk, "slowly"', "Exercise", None, ("open", "skipped"), "7 · 8"),
    )
    doing = Doing(given=(Given(2, "Walk", "Ritual", sample.STARTS, ("done", "open")),), earlier=earlier)
    report = sample.report("clinical", doing=doing)
    rendered = render(report)
    assert "2 earlier rows are left out here" in words_of(rendered)
    assert "HYPERLINK" not in text_of(rendered)
    with pikepdf.open(BytesIO(rendered.pdf)) as document:
        (name,) = document.attachments
        lines = document.attachments[name].get_file().read_bytes().decode().splitlines()
    assert name == "earlier.csv"
    assert lines == [
        "Week,What,Kind,Date,Mara,Theo,Helpful",
        f"1,'=HYPERLINK(1),Ritual,{sample.STARTS.isoformat()},Done,,",
        '1,"Talk, ""slowly""",Exercise,,Open,Skipped,7 · 8',
    ]
    assert render(report).sha256 == rendered.sha256
    assert problems(rendered.pdf) == []
    with pytest.raises(ValueError, match="edition for partners"):
        sample.report("shared", doing=Doing(earlier=earlier))


def test_logo_and_colour_of_the_house() -> None:
    house = Letterhead("Linden House", colour="#3a2a5c", logo=png())
    rendered = render(sample.report(letterhead=house))
    assert problems(rendered.pdf) == []
    with pikepdf.open(BytesIO(rendered.pdf)) as document:
        assert any(o.get("/Subtype") == "/Image" for o in document.objects if isinstance(o, pikepdf.Stream))


def test_templates_hold_no_styles_and_no_raw_text() -> None:
    folder = ROOT / "templates" / "reports"
    files = [*folder.glob("paper/*.html"), *folder.glob("charts/*.svg")]
    assert len(files) > 12
    for file in files:
        source = file.read_text("utf-8")
        for forbidden in ("style=", "<style", "|safe", "autoescape", "<script", "http://", "opacity", "text-anchor"):
            assert forbidden not in source.replace("http://www.w3.org/2000/svg", ""), f"{forbidden} in {file.name}"


def test_the_last_page_says_when_it_was_made_and_from_which_editions(clinical: Rendered) -> None:
    assert "Made 26 May 2026, 2:05 p.m. (Europe/Berlin)" in words_of(clinical)


SCRIPTS = {
    "Chinese": "我们一起散步，谈了很久。我們談了很久。",
    "Japanese": "きょうは一緒に散歩して、ゆっくり話しました。",
    "Korean": "오늘 함께 산책하며 오래 이야기했어요.",
    "Thai": "วันนี้เราเดินเล่นด้วยกัน",
    "Hindi": "आज हम साथ टहलने गए।",
    "Bengali": "আজ আমরা একসাথে হাঁটতে গিয়েছিলাম।",
    "Tamil": "இன்று நாங்கள் ஒன்றாக நடந்தோம்.",
    "Telugu": "ఈ రోజు మేము కలిసి నడిచాము.",
    "Gujarati": "આજે અમે સાથે ચાલવા ગયા.",
    "Punjabi": "ਅੱਜ ਅਸੀਂ ਇਕੱਠੇ ਸੈਰ ਕੀਤੀ।",
    "Kannada": "ಇಂದು ನಾವು ಒಟ್ಟಿಗೆ ನಡೆದೆವು.",
    "Malayalam": "ഇന്ന് ഞങ്ങൾ ഒരുമിച്ച് നടന്നു.",
    "Sinhala": "අද අපි එකට ඇවිද ගියා.",
    "Burmese": "ဒီနေ့ အတူတူ လမ်းလျှောက်ခဲ့တယ်။",
    "Khmer": "ថ្ងៃនេះយើងដើរលេងជាមួយគ្នា។",
    "Lao": "ມື້ນີ້ພວກເຮົາຍ່າງນຳກັນ",
    "Amharic": "ዛሬ አብረን ሄድን።",
    "Armenian": "Այսօր միասին քայլեցինք։",
    "Georgian": "დღეს ერთად ვისეირნეთ.",
    "Arabic": "تحدثنا طويلا اليوم.",
    "Hebrew": "דיברנו היום הרבה זמן.",
    "Dhivehi": "މިއަދު އެކުގައި ހިނގައިން",
    "Russian": "Сегодня мы гуляли вместе.",
    "Greek": "Σήμερα περπατήσαμε μαζί.",
    "Vietnamese": "Hôm nay chúng tôi đi dạo cùng nhau.",
    "emoji": "👩‍👩‍👧 🏳️‍🌈 ❤️ 🧀 😀 👍🏽 🙏 ☀️ ✅ → ♥ ★ ½",
}


def test_every_script_that_people_write_in_has_letters_on_paper() -> None:
    quotes = tuple(Quote(words, at % 2, source=name) for at, (name, words) in enumerate(SCRIPTS.items()))
    assert render(sample.report(quotes=quotes)).notes == (), "some sign has no font"
