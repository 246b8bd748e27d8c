"""What a token may be used for. It never opens more than its owner may do: scopes only take away."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """One thing that a token was made for; reading and writing apart."""

    COUPLES_READ = "couples:read", _("See couples and partners")
    COUPLES_WRITE = "couples:write", _("Take couples on, correct and invite partners")
    APPOINTMENTS_READ = "appointments:read", _("See sessions")
    APPOINTMENTS_WRITE = "appointments:write", _("Plan and move sessions")
    LIBRARY_READ = "library:read", _("See the library")
    LIBRARY_WRITE = "library:write", _("Write for the library")
    ASSIGNMENTS_READ = "assignments:read", _("See what was given")
    ASSIGNMENTS_WRITE = "assignments:write", _("Give, change and end practice")
    RESPONSES_READ = "responses:read", _("Read answers that are for all partners, and what they keep together")
    PRIVATE_RESPONSES_READ = "private-responses:read", _("Read what one partner told you alone, and each one’s scores")
    RESPONSES_WRITE = "responses:write", _("Mark answers as read and worked through, open pages")
    CONVERSATIONS_READ = "conversations:read", _("Read conversations with all partners of a couple")
    CONVERSATIONS_WRITE = "conversations:write", _("Write to partners")
    REPORTS_READ = "reports:read", _("See progress and take reports away")
    REPORTS_WRITE = "reports:write", _("Have reports made")
    ALERTS_READ = "alerts:read", _("See what needs a look")
    ALERTS_WRITE = "alerts:write", _("Take on and close what needs a look")
    MESSAGES_READ = "messages:read", _("See what was sent, and whether it arrived")
    EXPORT_READ = "export:read", _("Take data away in files")
    WEBHOOKS_READ = "webhooks:read", _("See webhooks and what became of calls")
    WEBHOOKS_WRITE = "webhooks:write", _("Add, change, try and end webhooks")


#: What scopes are about, by what stands before their colon.
THINGS = {
    "couples": _("Couples"),
    "appointments": _("Sessions"),
    "library": _("Library"),
    "assignments": _("Practice"),
    "responses": _("Answers"),
    "private-responses": _("Private answers"),
    "conversations": _("Conversations"),
    "reports": _("Reports"),
    "alerts": _("Alerts"),
    "messages": _("Messages"),
    "export": _("Files"),
    "webhooks": _("Webhooks"),
}
