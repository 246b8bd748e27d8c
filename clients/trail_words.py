"""What the tables of this app are called in the trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from practice import trail_words

trail_words.call(
    {
        "clients_client": _("a client's record"),
        "clients_contact": _("how a client is reached"),
        "clients_reach": _("how a client is reached"),
        "clients_couple": _("a couple's record"),
        "clients_partner": _("who belongs to a couple"),
        "clients_caseloadentry": _("a therapist's caseload"),
        "clients_cover": _("who looks after a couple for a while"),
        "clients_absence": _("days away"),
        "clients_appointment": _("a session's date"),
        "clients_clearance": _("what individual screening said"),
        "clients_clientinvitation": _("an invitation"),
        "clients_consent": _("what somebody agreed to"),
        "clients_pin": _("a code for a phone that is handed over"),
        "clients_pushdevice": _("a browser with notifications"),
        "clients_personcalendar": _("a link for a calendar"),
        "clients_staffcalendar": _("a link for a calendar"),
        "clients_addressproof": _("the proof of an address"),
        "clients_erasurerequest": _("somebody's request to erase what is kept of them"),
        "clients_legalhold": _("a hold on what is kept"),
        "clients_keptlonger": _("that a record is kept longer"),
        "clients_erasure": _("the proof of an erasure"),
        "clients_supervision": _("who supervises whom"),
        "clients_broughtin": _("couples brought in from a file"),
        "clients_emergencyaccess": _("a couple's opening in an emergency"),
    }
)
trail_words.call_pages(
    {
        "bring_columns": _("a file of couples: its columns"),
        "bring_look": _("a file of couples: looked through"),
        "bring_record": _("what came in from a file of couples"),
        "client_edit": _("a partner's name and address"),
        "safe_contact": _("how a partner is reached safely"),
        "couple_apart": _("how a couple parted"),
        "couple_status": _("a couple's status"),
        "couple_therapists": _("who looks after a couple"),
        "clearance_record": _("what individual screening said"),
        "retention_record": _("what is kept of somebody"),
    }
)
