"""Pictures in an exercise: drawn anew without what a camera notes, small enough for a phone, kept once."""

from __future__ import annotations

import hashlib

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from exercises.models import Exercise, Illustration
from practice.bare import LIMIT, Unkeepable, picture

MOST = 40


def keep_picture(exercise: Exercise, file: UploadedFile) -> Illustration:
    """Keep a picture for an own exercise; the same one is kept once. Raises :class:`practice.bare.Unkeepable`."""
    if file.size is None or file.size > LIMIT:
        raise Unkeepable(_("There is room for %(n)s MB. A smaller picture fits.") % {"n": LIMIT // 10**6})
    made = picture(file.read())
    digest = hashlib.sha256(made.data).hexdigest()
    there = Illustration.objects.filter(exercise=exercise)
    same = there.filter(sha256=digest).defer("data").first()
    if same is not None:
        return same
    if there.count() >= MOST:
        raise Unkeepable(_("There is room for %(n)s pictures in one exercise.") % {"n": MOST})
    return Illustration.objects.create(
        exercise=exercise,
        content_type=made.content_type,
        data=made.data,
        sha256=digest,
        width=made.width,
        height=made.height,
    )
