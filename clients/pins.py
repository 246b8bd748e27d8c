"""A code of one's own, for the moment when a phone is handed over. It opens one thing there and no account.

Wrong codes are counted, and after a few the code rests for a while, longer each time. A wrong code, a resting
one and none at all take the same time and get the same answer: nobody learns who has one.
"""

from __future__ import annotations

import datetime
import uuid
from functools import lru_cache
from itertools import pairwise

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client, Pin
from practice import tenancy

SHORTEST, LONGEST = 4, 8
#: So many wrong codes are free; every further round of them doubles the rest.
FREE = 5
FIRST_REST = datetime.timedelta(minutes=15)
LONGEST_REST = datetime.timedelta(hours=24)

#: Codes that are tried first by anybody who tries at all.
OBVIOUS = frozenset({"2580", "0852", "1357", "2468", "1004", "6969", "5683", "123321", "112233", "147258", "159753"})


def fault(digits: str) -> str:
    """Return what speaks against a code, in kind words; empty when nothing does."""
    if not (digits.isascii() and digits.isdigit()):
        return _("Please use digits only, 0 to 9.")
    if not SHORTEST <= len(digits) <= LONGEST:
        return _("Please take %(least)s to %(most)s digits.") % {"least": SHORTEST, "most": LONGEST}
    if _is_easy(digits):
        return _("This one is easy to guess. Please take another, not a row, a repetition or a year.")
    return ""


def _is_easy(digits: str) -> bool:
    jumps = {(int(after) - int(before)) % 10 for before, after in pairwise(digits)}
    in_a_row = len(jumps) == 1  # 1111, 1234, 9876, 2468
    repeated = any(digits == digits[:size] * (len(digits) // size) for size in (1, 2, 3, 4) if size < len(digits))
    a_year = len(digits) == 4 and digits[:2] in ("19", "20")
    return in_a_row or repeated or a_year or digits in OBVIOUS


def of(client: Client) -> Pin | None:
    """Return the client's own code, if they have chosen one."""
    return Pin.objects.filter(client=client).first()


def choose(client: Client, digits: str) -> None:
    """Set or change the code; earlier wrong tries are forgotten."""
    values = {"hashed": make_password(digits), "failures": 0, "locked_until": None}
    try:
        with transaction.atomic():
            Pin.objects.update_or_create(client=client, defaults=values)
    except IntegrityError:  # the same button in two tabs
        Pin.objects.filter(client=client).update(**values)


def forget(client: Client) -> None:
    """Take the client's own code away; forgetting none is fine."""
    with tenancy.elevated():
        Pin.objects.filter(client=client).delete()


def proves(client_id: uuid.UUID, digits: str) -> bool:
    """Tell whether ``digits`` are this client's code, now. Needs Attune itself; counts what was wrong."""
    now = timezone.now()
    pin = Pin.objects.select_for_update().filter(client_id=client_id).first()
    # Always exactly one comparison, so that the time it takes tells nothing.
    stand_in = _no_code(settings.PASSWORD_HASHERS[0])
    right = check_password(digits, pin.hashed if pin else stand_in)
    if pin is None or (pin.locked_until is not None and pin.locked_until > now):
        return False
    if right:
        pin.failures, pin.locked_until = 0, None
    else:
        pin.failures = min(pin.failures + 1, 32_000)
        pin.locked_until = now + rest_after(pin.failures) if pin.failures % FREE == 0 else None
    Pin.objects.filter(pk=pin.pk).update(failures=pin.failures, locked_until=pin.locked_until)
    return right


def rest_after(failures: int) -> datetime.timedelta:
    """Return how long a code rests after so many wrong ones in a row."""
    rounds = min(failures // FREE - 1, 12)
    return min(FIRST_REST * 2**rounds, LONGEST_REST)


@lru_cache(maxsize=4)
def _no_code(hasher: str) -> str:
    """Something to compare with where there is no code: never right."""
    return make_password(uuid.uuid4().hex)
