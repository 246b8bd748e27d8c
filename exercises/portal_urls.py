"""Addresses of the portal. Neutral: they end up in browser histories."""

from django.urls import path

from exercises.views import (
    files,
    portal,
    portal_after,
    portal_agreements,
    portal_do,
    portal_save,
    portal_send,
    portal_space,
    portal_whenever,
)

urlpatterns = [
    path("today/", portal.today, name="portal_today"),
    path("begin/<uuid:assignment_id>/", portal_whenever.begin, name="portal_begin"),
    path("rest/", portal_whenever.rest, name="portal_rest"),
    path("together/", portal.together, name="portal_together"),
    path("together/<uuid:occurrence_id>/", portal.opened, name="portal_opened"),
    path("do/<uuid:occurrence_id>/", portal_do.intro, name="do"),
    path("do/<uuid:occurrence_id>/<int:number>/", portal_do.question, name="do_question"),
    path("do/<uuid:occurrence_id>/save/", portal_save.save, name="do_save"),
    path("do/<uuid:occurrence_id>/check/", portal_send.check, name="do_check"),
    path("do/<uuid:occurrence_id>/send/", portal_send.send, name="do_send"),
    path("do/<uuid:occurrence_id>/sent/", portal_send.sent, name="do_sent"),
    path("do/<uuid:occurrence_id>/skip/", portal_send.skip, name="do_skip"),
    path("do/<uuid:occurrence_id>/change/", portal_send.amend, name="do_amend"),
    path("do/<uuid:occurrence_id>/after/", portal_after.after, name="do_after"),
    path("do/<uuid:occurrence_id>/files/", files.draft_file_add, name="do_file"),
    path("together/of/<uuid:assignment_id>/", portal.over_time, name="portal_over_time"),
    path("together/agreements/new/", portal_agreements.new, name="portal_agreement_new"),
    path("together/agreements/<uuid:agreement_id>/", portal_agreements.agreement, name="portal_agreement"),
    path("together/agreements/<uuid:agreement_id>/change/", portal_agreements.change, name="portal_agreement_change"),
    path("together/words/<uuid:version_id>/yes/", portal_agreements.yes, name="portal_agreement_yes"),
    path(
        "together/words/<uuid:version_id>/not-any-more/",
        portal_agreements.not_any_more,
        name="portal_agreement_not_any_more",
    ),
    path("space/", portal_space.space, name="portal_space"),
    path("space/new/", portal_space.new, name="portal_space_new"),
    path("space/<uuid:entry_id>/", portal_space.entry, name="portal_space_entry"),
    path("space/<uuid:entry_id>/release/", portal_space.release, name="portal_space_release"),
    path("space/<uuid:entry_id>/take-back/", portal_space.take_back, name="portal_space_take_back"),
    path("space/<uuid:entry_id>/tear-out/", portal_space.tear_out, name="portal_space_tear_out"),
    path("space/<uuid:entry_id>/shared/", portal_space.shared, name="portal_space_shared"),
    path("space/<uuid:entry_id>/files/", files.space_file_add, name="portal_space_file"),
    path("files/<uuid:file_id>/", files.portal_file, name="portal_file"),
    path("files/<uuid:file_id>/take-away/", files.draft_file_remove, name="do_file_remove"),
    path("files/<uuid:file_id>/off-the-page/", files.space_file_remove, name="portal_space_file_remove"),
]
