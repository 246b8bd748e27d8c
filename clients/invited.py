"""What an invitation was, for whom it led here."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.utils.translation import gettext as _

from clients import inviting, kinds
from clients.models import Client
from practice.models import Message


def _describe(person: Client, messages: Sequence[Message]) -> dict[uuid.UUID, kinds.About]:
    return dict.fromkeys((one.pk for one in messages), kinds.About(_("Your invitation to these pages")))


kinds.register(kinds.Kind(inviting.KIND, _describe))
