"""Form fields that several apps ask with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from practice import countries, zones


class KindErrors:
    """Mixed in before a form: says in a few warm words what is missing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # type: ignore[attr-defined]
            if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
                chosen = isinstance(field, forms.ChoiceField | forms.ModelChoiceField)
                field.error_messages["required"] = _("Please choose one.") if chosen else _("Please fill this in.")


class ZoneField(forms.ChoiceField):
    """A time zone out of the real ones; a browser's script may choose the one it knows."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Time zone"))
        kwargs.setdefault("error_messages", {"invalid_choice": _("Choose a time zone from the list.")})
        super().__init__(choices=zones.choices, **kwargs)
        self.widget.attrs.setdefault("autocomplete", "off")

    def valid_value(self, value: Any) -> bool:
        return zones.is_zone(str(value))


class CountryField(forms.ChoiceField):
    """A country by its two letters."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Country"))
        kwargs.setdefault("error_messages", {"invalid_choice": _("Choose a country from the list.")})
        super().__init__(choices=lambda: [("", _("Choose one")), *countries.choices()], **kwargs)
        self.widget.attrs.setdefault("autocomplete", "country")


class WordsField(forms.CharField):
    """A short text in one line, such as a name: free, but something that can be seen."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 120)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return " ".join(text.split()) if isinstance(text, str) else text


class NewPasswordField(forms.CharField):
    """A password that is being chosen: typed once, kept exactly as typed."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Password"))
        kwargs.setdefault("strip", False)
        kwargs.setdefault("max_length", 1000)
        kwargs.setdefault("help_text", _("At least 15 characters. Four or five everyday words make a good one."))
        kwargs.setdefault("widget", forms.PasswordInput(attrs={"autocomplete": "new-password"}))
        super().__init__(**kwargs)
