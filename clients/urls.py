"""Addresses. The portal's say nothing about what they are for."""

from django.urls import path

from clients.views import couples, invitations, portal, portal_code, sessions

COUPLE = "desk/couples/<uuid:pk>"
PARTNER = "desk/couples/<uuid:couple_pk>/partners/<uuid:pk>"

urlpatterns = [
    path("join/<str:ticket>/", invitations.join, name="join"),
    path("welcome/", portal.welcome, name="welcome"),
    path("welcome/<str:step>/", portal.welcome, name="welcome_step"),
    path("you/", portal.portal_you, name="portal_you"),
    path("you/code/", portal_code.code, name="portal_code"),
    path("you/code/forget/", portal_code.code_forget, name="portal_code_forget"),
    path("you/help/", portal.portal_help, name="portal_help"),
    path("you/limits/", portal.portal_limits, name="portal_limits"),
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
    path(f"{PARTNER}/invite/", invitations.invitation_send, name="invitation_send"),
    path(f"{PARTNER}/withdraw/", invitations.invitation_withdraw, name="invitation_withdraw"),
]
