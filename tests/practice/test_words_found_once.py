"""Words that are remembered are those that the catalogues say."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, ngettext, trans_real

from practice.words_found_once import remember

SAID = ("Yes", "Monday", "Today", "There is no such word", "")
COUNTED = (("%(count)d minute", "%(count)d minutes"), ("%d day", "%d days"))


@pytest.fixture(autouse=True)
def catalogues_that_remember(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of settings in another test makes Django drop the catalogues that learned to remember at the start."""
    monkeypatch.setattr(trans_real, "_translations", {})
    remember()


def test_they_are_what_is_found_without_remembering() -> None:
    for language, _name in settings.LANGUAGES:
        fresh = trans_real.DjangoTranslation(language)
        with translation.override(language):
            for _twice in range(2):
                assert [gettext(one) for one in SAID if one] == [fresh.gettext(one) for one in SAID if one]
                for one, several in COUNTED:
                    for count in (0, 1, 2, 11):
                        assert ngettext(one, several, count) == fresh.ngettext(one, several, count)


def test_languages_do_not_share_what_they_remember() -> None:
    with translation.override(settings.LANGUAGE_CODE):
        here = gettext("Monday")
    with translation.override("de"):
        assert gettext("Monday") == "Montag" != here


def test_what_was_found_is_not_looked_for_again() -> None:
    catalogue = trans_real.translation(settings.LANGUAGE_CODE)
    catalogue.gettext("A word that nobody has asked for yet")
    before = catalogue.gettext.cache_info().hits
    catalogue.gettext("A word that nobody has asked for yet")
    assert catalogue.gettext.cache_info().hits == before + 1
