"""Files of the house as production serves them: kept for ever under a name that changes with them, and small."""

from __future__ import annotations

import re

import brotli
import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client as Browser


@pytest.fixture
def collected(settings, tmp_path) -> Browser:
    settings.STATIC_ROOT = str(tmp_path)
    settings.WHITENOISE_USE_FINDERS = False
    compressed = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": compressed}
    call_command("collectstatic", interactive=False, verbosity=0)
    return Browser()


def test_a_file_is_kept_for_ever_and_goes_compressed(collected):
    address = staticfiles_storage.url("practice/attune.css")
    assert re.search(r"/attune\.[0-9a-f]{12}\.css$", address)
    answer = collected.get(address, headers={"Accept-Encoding": "gzip, br"})
    sheet = brotli.decompress(b"".join(answer.streaming_content)).decode()
    assert (answer["Content-Encoding"], answer["Vary"]) == ("br", "Accept-Encoding")
    assert answer["Cache-Control"].endswith(", public, immutable")
    fonts = re.findall(r'url\("?([^")]+\.woff2)"?\)', sheet)
    assert fonts
    for font in fonts:
        file = collected.get(f"/static/practice/{font}")
        assert file.status_code == 200
        assert "immutable" in file["Cache-Control"], font


@pytest.mark.django_db
def test_a_page_goes_compressed_with_a_length_that_tells_nothing(client):
    taken = [client.get("/account/login/", headers={"Accept-Encoding": "gzip"}) for _ in range(12)]
    plain = client.get("/account/login/")
    assert {one["Content-Encoding"] for one in taken} == {"gzip"}
    assert len({len(one.content) for one in taken}) > 3
    assert max(len(one.content) for one in taken) < len(plain.content) / 1.5
    assert "Content-Encoding" not in plain


def test_what_is_no_page_goes_as_it_is(client):
    """A download that broke off goes on by its bytes."""
    answer = client.get("/static/practice/fonts/OFL.txt", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer
