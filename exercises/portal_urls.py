"""Addresses of the portal. Neutral: they end up in browser histories."""

from django.urls import path

from exercises.views import portal, portal_do, portal_send

urlpatterns = [
    path("today/", portal.today, name="portal_today"),
    path("together/", portal.together, name="portal_together"),
    path("together/<uuid:occurrence_id>/", portal.opened, name="portal_opened"),
    path("do/<uuid:occurrence_id>/", portal_do.intro, name="do"),
    path("do/<uuid:occurrence_id>/<int:number>/", portal_do.question, name="do_question"),
    path("do/<uuid:occurrence_id>/save/", portal_do.save, name="do_save"),
    path("do/<uuid:occurrence_id>/check/", portal_send.check, name="do_check"),
    path("do/<uuid:occurrence_id>/send/", portal_send.send, name="do_send"),
    path("do/<uuid:occurrence_id>/sent/", portal_send.sent, name="do_sent"),
    path("do/<uuid:occurrence_id>/skip/", portal_send.skip, name="do_skip"),
]
