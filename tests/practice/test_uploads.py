"""What is sent to us: bounded before it is read, in the one coding that we speak, and never on a disk."""

from __future__ import annotations

import time
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from practice import uploads
from tests.exercises.given import give
from tests.factories import signed_in

pytestmark = pytest.mark.django_db


def file_of(size: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.png", b"x" * size, "image/png")


def test_b82_b87_no_file_that_somebody_sends_lies_on_a_disk(mara, couple, therapist):
    """Below the limit it is refused by its field; nothing of it went into a temporary file."""
    hers = give(couple, therapist)[0]
    browser = signed_in(mara)
    with mock.patch("django.core.files.temp.NamedTemporaryFile", side_effect=AssertionError("on a disk")):
        answer = browser.post(f"/do/{hers.pk}/files/", {"file": file_of(6_000_000)}, follow=True)
    assert "5 MB" in answer.content.decode()
    with mock.patch.object(uploads, "MOST", 1000):
        assert browser.post("/you/", {"file": file_of(2000)}).status_code == 400


@pytest.mark.parametrize(("files", "status"), [(10, 200), (11, 400)])
def test_b82_a_form_brings_few_files(mara, files, status):
    sent = {f"f{n}": file_of(1) for n in range(files)}
    assert signed_in(mara).post("/you/", sent).status_code == status


@pytest.mark.parametrize("name", ["/account/login/", "/you/", "/sign-up/"])
@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "utf-32", "punycode", "rot13", "idna", "none"])
def test_b70_a_form_in_another_coding_is_refused_and_breaks_nothing(mara, name, charset):
    browser = signed_in(mara)
    browser.raise_request_exception = False
    for body in (b"login=%ff%fe&name=+ADw-script+AD4-", "name=\u0131".encode("utf-16")):
        kind = f"application/x-www-form-urlencoded; charset={charset}"
        answer = browser.generic("POST", name, body, content_type=kind)
        assert answer.status_code in (200, 302, 400, 404), charset
        assert b"<script>" not in answer.content


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=x", "application/xml",
        "multipart/form-data; boundary=" + "b" * 300, "text/plain",
        "application/x-www-form-urlencoded; charset=utf-8; charset=utf-7",
    ],
)  # fmt: skip
def test_b70_bodies_of_odd_kinds_break_nothing(mara, kind):
    browser = signed_in(mara)
    browser.raise_request_exception = False
    for body in (b"", b"--x\r\n\r\n", b"\x1f\x8b\x08\x00" + b"z" * 50, b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"):
        for more in ({}, {"content-encoding": "gzip"}):
            assert browser.generic("POST", "/you/", body, content_type=kind, headers=more).status_code < 500


JSON = {
    "deep": b"[" * 100_000,
    "deep and named": b'{"a":' * 100_000,
    "twice": b'{"endpoint": "a", "endpoint": ["b"]}',
    "no number": b'{"endpoint": NaN, "x": Infinity}',
    "a long number": b'{"endpoint": ' + b"7" * 5000 + b"}",
    "nul": b'{"endpoint": "https://fcm.googleapis.com/\\u0000"}',
    "half a character": b'{"endpoint": "https://fcm.googleapis.com/\\ud800"}',
    "another coding": '{"endpoint": "x"}'.encode("utf-32"),
    "no text": b"\xff\xfe\xfd",
    "packed": b"\x1f\x8b\x08\x00\x00",
}


@pytest.mark.parametrize("what", JSON)
def test_b64_b70_json_that_means_harm_is_answered_at_once(mara, what):
    browser = signed_in(mara)
    browser.raise_request_exception = False
    browser.get("/you/")
    for name in ("portal_device_here", "portal_devices"):
        start = time.thread_time()
        answer = browser.post(reverse(name), JSON[what], content_type="application/json")
        assert 200 <= answer.status_code < 500, name
        assert time.thread_time() - start < 2
