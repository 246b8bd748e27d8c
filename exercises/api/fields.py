"""Days and moments that something can be planned on."""

from __future__ import annotations

import datetime
from typing import Any

from rest_framework import serializers

from exercises.recurrence import EARLIEST, LATEST

NO_DAY = "There is no such day here."


class DayField(serializers.DateField):
    """A day that every zone knows: none at the edge of what computers count."""

    def to_internal_value(self, value: Any) -> datetime.date:
        day = super().to_internal_value(value)
        if not EARLIEST < day < LATEST:
            raise serializers.ValidationError(NO_DAY, "invalid")
        return day


class MomentField(serializers.DateTimeField):
    """A moment on such a day."""

    def to_internal_value(self, value: Any) -> datetime.datetime:
        moment = super().to_internal_value(value)
        if not EARLIEST < moment.date() < LATEST:
            raise serializers.ValidationError(NO_DAY, "invalid")
        return moment
