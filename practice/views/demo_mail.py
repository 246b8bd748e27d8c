"""What the demo would have sent: its mails and text messages, to be read in the browser. Exists in the demo only."""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from practice.local import smtp, texts

NEWEST = 200


@login_not_required
@require_safe
def demo_mail(request: HttpRequest, pk: str = "") -> HttpResponse:
    """List mails and text messages, newest first, and open one."""
    mails = smtp.inbox(_folder(), limit=NEWEST)
    written = texts.inbox(_folder(), limit=NEWEST)
    text = texts.find(_folder(), pk)
    opened = None if text else _mail(pk) if pk else next(iter(mails), None)
    words = {"mails": mails, "opened": opened, "texts": written, "text": text}
    return render(request, "practice/demo_mail.html", words)


@login_not_required
@require_POST
def demo_text_answer(request: HttpRequest, pk: str) -> HttpResponse:
    """Answer a text message as its recipient would. It comes in by the door that every gateway uses."""
    answer = request.POST.get("text", "").strip()[:160]
    hook = settings.ATTUNE_URL + reverse("texts_came")
    try:
        texts.answer(_folder(), pk, answer, hook=hook, secret=settings.ATTUNE_SMS_SECRET)
    except LookupError:
        raise Http404 from None
    return redirect("demo_mail_one", texts.inbox(_folder(), limit=1)[0].id)


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
