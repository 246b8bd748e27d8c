"""Addresses. The portal's say nothing about what they are for."""

from django.urls import path

from clients.views import (
    away,
    couples,
    devices,
    invitations,
    portal,
    portal_code,
    portal_messages,
    portal_reach,
    sessions,
    stop,
    trail,
)

COUPLE = "desk/couples/<uuid:pk>"
PARTNER = "desk/couples/<uuid:couple_pk>/partners/<uuid:pk>"

urlpatterns = [
    path("join/<str:ticket>/", invitations.join, name="join"),
    path("welcome/", portal.welcome, name="welcome"),
    path("welcome/<str:step>/", portal.welcome, name="welcome_step"),
    path("sw.js", devices.service_worker, name="service_worker"),
    path("manifest.webmanifest", devices.manifest, name="manifest"),
    path("portal/devices/", devices.portal_devices, name="portal_devices"),
    path("portal/devices/here/", devices.portal_device_here, name="portal_device_here"),
    path("portal/devices/<uuid:pk>/end/", devices.portal_device_end, name="portal_device_end"),
    path("you/", portal.portal_you, name="portal_you"),
    path("you/code/", portal_code.code, name="portal_code"),
    path("you/code/forget/", portal_code.code_forget, name="portal_code_forget"),
    path("you/reach/", portal_reach.reach, name="portal_reach"),
    path("you/reach/try/", portal_reach.try_out, name="portal_reach_try"),
    path("you/reach/number/", portal_reach.number, name="portal_number"),
    path("you/reach/number/forget/", portal_reach.number_forget, name="portal_number_forget"),
    path("you/reach/address/", portal_reach.address_again, name="portal_address_again"),
    path("you/reach/code/", portal_reach.code, name="portal_proof"),
    path("you/arrived/", portal_messages.messages_of, name="portal_messages"),
    path("you/record/", trail.own, name="portal_record"),
    path("desk/practice/trail/", trail.practice_trail, name="practice_trail"),
    path("open/<uuid:message_id>/", portal_messages.open_message, name="open"),
    path("stop/<str:token>/", stop.stop, name="stop"),
    path("you/help/", portal.portal_help, name="portal_help"),
    path("you/limits/", portal.portal_limits, name="portal_limits"),
    path("desk/away/", away.away, name="away"),
    path("desk/away/<uuid:pk>/end/", away.away_end, name="away_end"),
    path("desk/couples/new/", couples.couple_new, name="couple_new"),
    path(f"{COUPLE}/status/", couples.couple_status, name="couple_status"),
    path(f"{COUPLE}/therapists/", couples.couple_therapists, name="couple_therapists"),
    path(f"{COUPLE}/sessions/new/", sessions.appointment_new, name="appointment_new"),
    path(f"{COUPLE}/sessions/", sessions.appointments_of_couple, name="appointments"),
    path("desk/sessions/<uuid:pk>/", sessions.appointment_edit, name="appointment_edit"),
    path("desk/sessions/<uuid:pk>/act/", sessions.appointment_act, name="appointment_act"),
    path("desk/sessions/<uuid:pk>/cancel/", sessions.appointment_cancel, name="appointment_cancel"),
    path(f"{COUPLE}/clearance/", sessions.clearance_record, name="clearance_record"),
    path(f"{COUPLE}/clearance/withdraw/", sessions.clearance_withdraw, name="clearance_withdraw"),
    path(f"{PARTNER}/", couples.client_edit, name="client_edit"),
    path(f"{PARTNER}/safe-contact/", couples.safe_contact, name="safe_contact"),
    path(f"{PARTNER}/invite/", invitations.invitation_send, name="invitation_send"),
    path(f"{PARTNER}/withdraw/", invitations.invitation_withdraw, name="invitation_withdraw"),
]
