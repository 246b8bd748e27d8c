"""What an owner says about the practice's OpenID provider, and the address by which somebody looks for theirs."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from practice import mailboxes, outside
from practice.fields import KindErrors, WordsField
from practice.models import Membership, SingleSignOn
from practice.models.single_sign_on import LET_IN_AS
from practice.provider_forms import SecretField

DOMAIN = re.compile(
    r"^(?=.{4,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*\.[a-z][a-z0-9-]{1,62}$"
)
CLAIM = re.compile(r"^[A-Za-z0-9_:/.\-]{1,120}$")
MOST_DOMAINS, MOST_GROUPS = 20, 100


class SingleSignOnForm(KindErrors, forms.Form):
    """Where the provider is, whom it may let in, and as what. The secret goes in and never comes out."""

    issuer = forms.URLField(
        label=_("Address of the provider (issuer)"),
        max_length=300,
        assume_scheme="https",
        help_text=_("For example https://login.microsoftonline.com/…/v2.0, exactly as the provider writes it."),
    )
    application_id = WordsField(label=_("Client id"), max_length=300)
    client_secret = SecretField(label=_("Client secret"))
    domains = forms.CharField(
        label=_("Domains of e-mail addresses that are let in"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "autocapitalize": "none"}),
        help_text=_("One on each line, for example linden.example."),
    )
    required = forms.BooleanField(
        label=_("Staff with such an address sign in this way only"),
        required=False,
        help_text=_("Owners can always use their password as well, so that a broken provider locks nobody out."),
    )
    lets_in_as = forms.ChoiceField(
        label=_("People whom nobody invited"),
        required=False,
        choices=[("", _("Are not let in")), *[(value, _("Come in as: %s") % label) for value, label in LET_IN_AS]],
        help_text=_("Only with an address in a domain that you have proved, and after a code to that address."),
    )
    trusts_factor = forms.BooleanField(
        label=_("The provider’s second step is enough"),
        required=False,
        help_text=_("Where it says that it asked for one. Otherwise Attune asks for its own, as without this."),
    )
    factor_acr = forms.CharField(
        label=_("Values of acr that stand for a second step"),
        required=False,
        max_length=500,
        help_text=_("Separated by spaces. Without any, only amr with mfa counts."),
    )
    claim = forms.CharField(
        label=_("Claim with the groups"),
        required=False,
        max_length=120,
        help_text=_("For example groups, or realm_access.roles. Empty: roles are given here, as ever."),
    )
    mapping = forms.CharField(
        label=_("Roles by group"),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "none"}),
        help_text=_("One on each line: group = therapist. The roles are owner, supervisor, therapist, coordinator."),
    )

    def __init__(self, *args: Any, config: SingleSignOn | None = None, **kwargs: Any) -> None:
        self.config = config
        if config is not None:
            names = ("issuer", "application_id", "required", "lets_in_as", "trusts_factor", "claim")
            kwargs["initial"] = {name: getattr(config, name) for name in names} | {
                "domains": "\n".join(config.domains),
                "factor_acr": " ".join(config.factor_acr),
                "mapping": "\n".join(f"{group} = {role}" for group, role in config.mapping),
            }
        super().__init__(*args, **kwargs)
        if config is not None and config.client_secret:
            self.fields["client_secret"].widget.attrs["placeholder"] = _("kept")
            self.fields["client_secret"].help_text = _("Leave it empty to keep what is there.")

    def clean_issuer(self) -> str:
        issuer: str = self.cleaned_data["issuer"].strip()
        parts = urlsplit(issuer)
        if parts.query or parts.fragment or "/.well-known/" in issuer:
            raise ValidationError(_("Write the issuer alone, without what comes after it."))
        try:
            outside.check_url(issuer)
        except outside.NotOutside:
            raise ValidationError(_("This does not lead to a server on the public internet.")) from None
        except OSError:
            raise ValidationError(_("There is no server of this name.")) from None
        return issuer

    def clean_domains(self) -> list[str]:
        found = [mailboxes.normal(one).removeprefix("@") for one in re.split(r"[\s,;]+", self.cleaned_data["domains"])]
        domains = list(dict.fromkeys(one for one in found if one))
        if not domains:
            raise ValidationError(_("Please fill this in."))
        for one in domains[:MOST_DOMAINS]:
            if not DOMAIN.match(one):
                raise ValidationError(_("“%(name)s” is no domain."), params={"name": one})
        if len(domains) > MOST_DOMAINS:
            raise ValidationError(_("At most %(number)s domains."), params={"number": MOST_DOMAINS})
        return domains

    def clean_claim(self) -> str:
        claim: str = self.cleaned_data["claim"].strip()
        if claim and not CLAIM.match(claim):
            raise ValidationError(_("This is no name of a claim."))
        return claim

    def clean_factor_acr(self) -> list[str]:
        return list(dict.fromkeys(one[:200] for one in self.cleaned_data["factor_acr"].split()))[:10]

    def clean_mapping(self) -> list[list[str]]:
        rows = []
        for line in self.cleaned_data["mapping"].splitlines():
            if not line.strip():
                continue
            group, sign, role = (one.strip() for one in line.rpartition("="))
            if not sign or not group or role.lower() not in Membership.Role.values:
                raise ValidationError(
                    _("“%(line)s” is not of the form group = role."), params={"line": line.strip()[:60]}
                )
            rows.append([group[:200], role.lower()])
        if len(rows) > MOST_GROUPS:
            raise ValidationError(_("At most %(number)s groups."), params={"number": MOST_GROUPS})
        return rows

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if bool(said.get("mapping")) != bool(said.get("claim")) and not {"mapping", "claim"} & set(self.errors):
            missing = "claim" if said.get("mapping") else "mapping"
            self.add_error(missing, _("Groups and their roles are said together, or not at all."))
        kept = self.config
        # A secret is never sent to another provider than the one it was typed for.
        same = kept is not None and (said.get("issuer"), said.get("application_id")) == (
            kept.issuer,
            kept.application_id,
        )
        said["client_secret"] = said.get("client_secret") or (kept.client_secret if kept is not None and same else "")
        if not said["client_secret"] and "client_secret" not in self.errors:
            self.add_error("client_secret", _("Please fill this in."))
        return said


class WhichPractice(KindErrors, forms.Form):
    """The address by whose domain the practice's own page is found."""

    email = mailboxes.AddressField(help_text=_("Only what stands after the @ is looked at."))
