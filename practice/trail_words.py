"""What the lines of the trail are called on pages: acts, roles of the database, tables and columns."""

from __future__ import annotations

from functools import cache

from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from practice import audit

Words = str | Promise

ACTS: dict[str, Words] = {
    "insert": _("added"),
    "update": _("changed"),
    "delete": _("removed"),
    "opened": _("opened"),
    "downloaded": _("took away"),
    "turned away": _("was turned away from"),
    "came in by the provider": _("came in by the practice’s provider as"),
    "restored": _("brought back from a back-up:"),
    "gave deep work early": _("gave deep work early:"),
    "opened in an emergency": _("opened in an emergency:"),
    "looked in vain in an emergency": _("looked, in an emergency, for one who is not here:"),
    "shared the screen with": _("shared the screen with"),
    "stopped sharing the screen with": _("stopped sharing the screen with"),
}
#: What the names of addresses for programs begin with.
FOR_PROGRAMS = "api_"
#: Columns of every table that say nothing to a reader.
SILENT = frozenset({"id", "practice_id"})

_things: dict[str, Words] = {}
_pages: dict[str, Words] = {}


def call(things: dict[str, Words]) -> None:
    """Say what the tables of an app are called in the trail."""
    _things.update(things)


def call_pages(pages: dict[str, Words]) -> None:
    """Say in words what addresses of an app show, by their names."""
    _pages.update(pages)


def act(name: str) -> str:
    """Return the verb of a line."""
    return str(ACTS.get(name, name))


def thing(subject: str) -> str:
    """Return what a line is about."""
    if subject.startswith(audit.PAGE):
        name = subject.removeprefix(audit.PAGE)
        if name.startswith(FOR_PROGRAMS):
            words = name.removeprefix(FOR_PROGRAMS).replace("_", " ")
            return gettext("“%(name)s” at the door for programs") % {"name": words}
        return gettext("the page “%(name)s”") % {"name": _pages.get(name) or name.replace("_", " ")}
    model = _models().get(subject)
    return str(_things.get(subject) or (model._meta.verbose_name if model else subject))


def columns(subject: str, changes: dict[str, object]) -> list[str]:
    """Return what is called changed, without what it was changed to."""
    model = _models().get(subject)
    fields = {one.column: one for one in model._meta.local_fields} if model else {}
    return [str(fields[name].verbose_name) for name in sorted(changes) if name in fields and name not in SILENT]


@cache
def _models() -> dict[str, type[models.Model]]:
    return {one._meta.db_table: one for one in apps.get_models()}


call(
    {
        "practice_practice": _("the practice's settings"),
        "practice_membership": _("a member of the team"),
        "practice_staffinvitation": _("an invitation to the team"),
        "practice_webhook": _("a webhook"),
        "practice_datakey": _("a key of sealed texts"),
        "practice_practicekey": _("the practice's key"),
        "practice_provider": _("a way that messages leave"),
        "practice_archive": _("a copy to take away"),
        "practice_accesstoken": _("a token for a program"),
        "practice_singlesignon": _("how staff sign in through the practice’s provider"),
        "practice_providerlink": _("a link to somebody’s sign-in at the provider"),
        "practice_sendinghold": _("that nothing is sent from here"),
    }
)
