"""What the demo would have sent: its mails, to be read in the browser. Exists in the demo only."""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from practice.local import smtp

NEWEST = 200


@login_not_required
@require_safe
def demo_mail(request: HttpRequest, pk: str = "") -> HttpResponse:
    """List the mails, newest first, and open one."""
    mails = smtp.inbox(_folder(), limit=NEWEST)
    opened = _mail(pk) if pk else (mails[0] if mails else None)
    return render(request, "practice/demo_mail.html", {"mails": mails, "opened": opened})


#: A mail may bring its own inline styles, as mailboxes allow; nothing runs and nothing is loaded. Its links
#: open beside the demo.
IN_THE_FRAME = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "script-src": [NONE],
    "img-src": ["data:"],
    "frame-ancestors": [SELF],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox", "allow-top-navigation-by-user-activation"],
}


@login_not_required
@require_safe
@xframe_options_sameorigin
@csp_replace(IN_THE_FRAME)  # type: ignore[arg-type]
def demo_mail_html(request: HttpRequest, pk: str) -> HttpResponse:
    """The HTML part alone, for a frame in which nothing can run or be loaded."""
    return HttpResponse(_mail(pk).html)


def _folder() -> Path:
    if not settings.DEMO:
        raise Http404
    return settings.STATE / "demo"


def _mail(pk: str) -> smtp.Mail:
    found = smtp.find(_folder(), pk)
    if found is None:
        raise Http404
    return found
