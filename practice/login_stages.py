"""Steps of a sign-in that differ from django-allauth's."""

from __future__ import annotations

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest

from practice import through_provider


class SecondStep(AuthenticateStage):
    """Asked of everybody who has one, but of those whose practice's provider has just shown that it asked for one."""

    def _should_handle(self, request: HttpRequest) -> bool:
        record = through_provider.record_of(get_authentication_records(request, self.login.user))
        if record is not None and record["factor"]:
            return False
        return bool(super()._should_handle(request))
