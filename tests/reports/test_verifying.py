"""A file is the report it says it is, or the page and the command say that it is not."""

from __future__ import annotations

import base64
import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from practice.models import AuditEvent
from reports import pdf, tasks
from reports.models import Report
from tests.factories import make_couple, make_member, make_practice, signed_in
from tests.reports.factories import home
from tests.reports.orders import FILE, asked, run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]
SHA256 = hashlib.sha256(FILE).hexdigest()


@pytest.fixture(autouse=True)
def printed(monkeypatch) -> None:
    monkeypatch.setattr(tasks.pdf, "render", lambda said: pdf.Rendered(FILE, SHA256, 3, "7K2M-CODE"))


@pytest.fixture
def report(couple, therapist) -> Report:
    return run(asked(couple, therapist))


def damage(report: Report) -> None:
    with home(report):
        one = Report.objects.get(pk=report.pk)
        one.pdf = base64.b64encode(FILE + b"!").decode()
        one.save(update_fields=["pdf"])


def checked(browser, **said) -> str:
    return browser.post(reverse("report_verify"), said).content.decode()


# ── the page ─────────────────────────────────────────────────────────────────


def test_the_file_itself_is_known_again(report, therapist):
    page = checked(signed_in(therapist), file=SimpleUploadedFile("x.pdf", FILE))
    assert "Yes, this is a report as it was issued" in page
    assert report.reference in page
    assert SHA256 in page


def test_a_fingerprint_is_known_again_however_it_was_copied(report, therapist):
    page = checked(signed_in(therapist), sha256=f" {SHA256[:32].upper()} {SHA256[32:]}\n")
    assert report.reference in page


def test_one_changed_byte_makes_it_another_file(report, therapist):
    page = checked(signed_in(therapist), file=SimpleUploadedFile("x.pdf", FILE + b" "))
    assert "No report that you may see has this fingerprint" in page
    assert report.reference not in page


def test_a_damaged_kept_file_is_not_called_unchanged(report, therapist):
    damage(report)
    page = checked(signed_in(therapist), sha256=SHA256)
    assert "The kept file is damaged" in page
    assert "Yes, this is" not in page


def test_reports_of_other_caseloads_and_practices_are_unknown(report, practice):
    colleague = make_member(practice)
    elsewhere = make_practice()
    stranger = make_member(elsewhere)
    make_couple(elsewhere, ("Una", "Ivo"), therapist=stranger)
    for somebody in (colleague, stranger):
        assert report.reference not in checked(signed_in(somebody), sha256=SHA256)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({}, "Choose a file, or write its SHA-256."),
        ({"sha256": "abc"}, "A SHA-256 has 64 digits"),
        ({"file": SimpleUploadedFile("x.pdf", b"")}, "This file is empty."),
    ],
)
def test_bad_input_is_answered_beside_its_field(therapist, said, answer):
    response = signed_in(therapist).post(reverse("report_verify"), said)
    assert response.status_code == 422
    assert answer in response.content.decode()


def test_what_was_found_is_written_down(report, therapist):
    checked(signed_in(therapist), sha256=SHA256)
    with home(report):
        assert AuditEvent.objects.filter(act="opened", subject_id=report.pk).exists()


def test_a_partner_reads_the_code_in_their_portal_that_stands_on_their_copy(report, therapist, mara):
    from tests.reports.orders import handed

    handed(report, therapist)
    page = signed_in(mara).get(reverse("portal_documents")).content.decode()
    assert report.reference in page
    assert "7K2M-CODE" in page


# ── the command ──────────────────────────────────────────────────────────────


def test_the_command_knows_a_file_and_names_nobody(report, tmp_path, capsys):
    path = tmp_path / "copy.pdf"
    path.write_bytes(FILE)
    call_command("verify_report", str(path))
    said = capsys.readouterr().out
    assert report.reference in said
    assert "kept as it was issued" in said
    assert "Mara" not in said


def test_the_command_ends_with_1_for_a_changed_file(report, tmp_path, capsys):
    path = tmp_path / "copy.pdf"
    path.write_bytes(FILE + b" ")
    with pytest.raises(SystemExit) as end:
        call_command("verify_report", str(path))
    assert end.value.code == 1
    assert "unknown" in capsys.readouterr().out


def test_the_command_hashes_all_kept_ones_anew(report, capsys):
    call_command("verify_report")
    assert "1 reports looked at" in capsys.readouterr().out
    damage(report)
    with pytest.raises(SystemExit):
        call_command("verify_report")
    assert report.reference in capsys.readouterr().out


def test_the_command_refuses_what_is_neither():
    with pytest.raises(CommandError):
        call_command("verify_report", "no-such-file.pdf")
