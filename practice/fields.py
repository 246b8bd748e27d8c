"""Form fields that several apps ask with."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
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


class LongSelect(forms.Select):
    """A select with hundreds of choices, written at once: Django draws each option with a template of its own."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = set(self.format_value(value))
        own = {"name": name, **self.build_attrs(self.attrs, attrs)}
        attributes = format_html_join(
            "", "{}", ((_attribute(key, said),) for key, said in own.items() if said is not False)
        )
        return format_html("<select{}>{}\n</select>", attributes, self._written(chosen))

    def _written(self, chosen: set[str]) -> SafeString:
        parts = []
        for said, label in self.choices:
            if isinstance(label, list | tuple):
                parts.append(format_html('\n<optgroup label="{}">{}\n</optgroup>', said, _options(label, chosen)))
            else:
                parts.append(_options([(said, label)], chosen))
        return format_html_join("", "{}", ((part,) for part in parts))


def _attribute(name: str, value: Any) -> SafeString:
    return format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value)


def _options(choices: Iterable[tuple[Any, Any]], chosen: set[str]) -> SafeString:
    said = ((str(value), str(label)) for value, label in choices)
    return format_html_join("", "{}", ((_option(value, label, value in chosen),) for value, label in said))


@lru_cache(2000)
def _option(value: str, label: str, chosen: bool) -> SafeString:
    return format_html('\n<option value="{}"{}>{}</option>', value, " selected" if chosen else "", label)


class ZoneField(forms.ChoiceField):
    """A time zone out of the real ones; a browser's script may choose the one it knows."""

    widget = LongSelect

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Time zone"))
        kwargs.setdefault("error_messages", {"invalid_choice": _("Choose a time zone from the list.")})
        super().__init__(choices=zones.choices, **kwargs)
        self.widget.attrs.setdefault("autocomplete", "off")

    def valid_value(self, value: Any) -> bool:
        return zones.is_zone(str(value))


class CountryField(forms.ChoiceField):
    """A country by its two letters."""

    widget = LongSelect

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
