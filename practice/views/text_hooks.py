"""The door for text message gateways: nobody signs in here, every call is signed instead."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from practice import texts

LARGEST = 16 * 1024


# Exempt on purpose: a gateway has no cookie and no token, its signature says more than both.
@csrf_exempt
@login_not_required
@require_POST
def texts_came(request: HttpRequest, provider_id: uuid.UUID | None = None) -> HttpResponse:
    """Take in what a gateway tells. Whether anything came of it is nobody's business: 204, or a reply to send."""
    signed = request.headers.get("X-Attune-Signature", "")
    body = request.read(LARGEST + 1)
    try:
        if len(body) > LARGEST:
            raise texts.NotSigned
        gateway = texts.gateway_of(provider_id)
        texts.check(gateway, request.headers.get("X-Attune-Timestamp", ""), signed, body)
    except texts.NotSigned:
        return HttpResponse(status=401)
    said = texts.take_in(gateway, signed, body)
    return JsonResponse(said) if said else HttpResponse(status=204)
