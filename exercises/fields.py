"""Form fields for what people write."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from exercises.wording import UnkeepableText, tidy


class WrittenField(forms.CharField):
    """A longer text as people write it: any script, line breaks kept."""

    default_error_messages = {
        "max_length": _("This is %(show_value)d characters long. %(limit_value)d are the limit: please shorten it."),
    }

    def __init__(self, *, rows: int, longest: int, **kwargs: Any) -> None:
        self.longest = longest
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), max_length=longest, **kwargs)
        # The browser would cut off what is pasted without a word; we say it instead.
        self.widget.attrs.pop("maxlength", None)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        if len(text) > 4 * self.longest:
            return text  # refused anyway: putting it in order first would only cost time
        try:
            return tidy(text, lines=True)
        except UnkeepableText as error:
            raise ValidationError(str(error.message)) from error
