"""Where mail services report what became of letters. No sign-in, no session, no page: a secret and a status."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from practice import mail_hooks


# Exempt on purpose: whoever calls knows the hook's secret, and no browser of ours ever does.
@csrf_exempt
@login_not_required
@require_http_methods(["POST", "HEAD"])
def mail(request: HttpRequest, provider_id: UUID | None = None) -> HttpResponse:
    """Take what a mail service reports: 204, or 401 without the secret, or 400 for what makes no sense.

    Reports about unknown messages are taken and do nothing: nobody learns which messages there are.
    """
    hook = mail_hooks.of_provider(provider_id) if provider_id else mail_hooks.installation()
    if hook is None:
        raise Http404
    if request.method == "HEAD":  # services look whether the address exists
        return HttpResponse(status=204)
    try:
        mail_hooks.take(hook, mail_hooks.read(hook, request))
    except mail_hooks.Forged:
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Basic"})
    except mail_hooks.Nonsense:
        return HttpResponse(status=400)
    return HttpResponse(status=204)
