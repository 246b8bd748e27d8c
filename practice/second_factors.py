"""Codes of an app and from paper: each is good once, however many hold it up at the same moment. And passkeys, where
the library leaves something open: whose they are, and whether there is a copy of one.
"""

from __future__ import annotations

import logging

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.db import transaction
from fido2.utils import websafe_encode
from fido2.webauthn import AuthenticatorData

from practice.keyring import KeyOutOfReach, SealBroken
from practice.models import User

log = logging.getLogger(__name__)

#: In an authenticator's data: the half minute of the newest code that was used. Nothing older counts again.
USED = "used_until"
#: In a passkey's data: how often its device had signed when it was last seen here.
SIGNED = "signed"


@transaction.atomic
def matching(user: User, code: str) -> Authenticator | None:
    """Return the app or the paper codes that ``code`` belongs to, and use it up; None when it is not good.

    Holds their rows until the transaction ends, so that of many at once one is let through.
    """
    rows = Authenticator.objects.select_for_update().filter(user=user).order_by("type")
    for one in rows.exclude(type=Authenticator.Type.WEBAUTHN):
        try:
            good = _of_app(one, code) if one.type == Authenticator.Type.TOTP else one.wrap().validate_code(code)
        except KeyOutOfReach:
            raise
        except SealBroken:  # of somebody else, put into this row: nobody's code fits it
            log.error("second step %s does not open: it was not sealed for its user", one.pk)
            continue
        if good:
            return one
    return None


def _of_app(app: Authenticator, code: str) -> bool:
    secret = decrypt(app.data["secret"])
    for counter in totp.yield_hotp_counters_from_time():
        if counter <= app.data.get(USED, -1):
            continue
        if compare_user_code(actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, counter))):
            app.data[USED] = counter
            app.save(update_fields=["data"])
            return True
    return False


# ── passkeys ──


def is_somebody_elses(made: AuthenticatorData, user: User) -> bool:
    """Tell whether the passkey that was just made is one with which another user signs in."""
    if made.credential_data is None:
        return False
    name = websafe_encode(made.credential_data.credential_id)
    rows = Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN, data__credential__id=name)
    return rows.exclude(user=user).exists()


@transaction.atomic
def is_a_copy(passkey: Authenticator, said: AuthenticatorData) -> bool:
    """Tell whether a device signed that has signed less often than the one we know; if not, note how often it has.

    Devices that do not count, as synced passkeys do not, always say 0.
    """
    row = Authenticator.objects.select_for_update().get(pk=passkey.pk)
    known = row.data.get(SIGNED, row.wrap().authenticator_data.counter)
    if (known or said.counter) and said.counter <= known:
        return True
    passkey.data = row.data = {**row.data, SIGNED: said.counter}
    row.save(update_fields=["data"])
    return False
