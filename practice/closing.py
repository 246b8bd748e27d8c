"""Closing the account of somebody who is nobody's client or colleague any more."""

from __future__ import annotations

import uuid

from practice import registry, tenancy
from practice.models import Membership, User
from practice.registry import Scope


def close_unused(user_id: uuid.UUID) -> bool:
    """Close an account and empty it, unless somebody in any practice is still reached by it; tell whether it was.

    What the sign-in libraries keep of it goes; sessions end, since nothing proves them any more.
    """
    from practice import identity, signing_in

    with tenancy.signing_in(user_id):
        user = User.objects.select_for_update().filter(pk=user_id).first()
        if user is None or Membership.objects.filter(user_id=user_id).exists() or identity.is_person():
            return False
        signing_in.end_all(user)
        for record in registry.all_records():
            if record.scope == Scope.INSTALLATION and record.model != "practice.User":
                for column in record.class_._meta.concrete_fields:
                    if column.related_model is User:
                        rows = record.class_._default_manager.filter(**{column.name: user_id})
                        rows._raw_delete(rows.db)  # nobody is left to be told of it
        user.email, user.is_active = f"{user.pk.hex}@erased.invalid", False
        user.set_unusable_password()
        user.save(update_fields=["email", "is_active", "password"])
    return True
