"""Addresses of the desk."""

from django.urls import include, path

from exercises.views import (
    desk,
    desk_assign,
    desk_couple,
    desk_kept,
    desk_library,
    desk_measure,
    desk_plan,
    desk_rests,
    files,
)

COUPLE = "couples/<uuid:couple_id>/"

urlpatterns = [
    path("", desk.today, name="desk"),
    path("couples/", desk.couples, name="couples"),
    path(COUPLE, desk_couple.couple, name="couple"),
    path(COUPLE + "read/", desk_couple.read_all, name="read_all"),
    path(COUPLE + "private/<uuid:client_id>/", desk_couple.couple_private, name="couple_private"),
    path(COUPLE + "private/<uuid:client_id>/read/", desk_couple.read_all, name="read_all_private"),
    path(COUPLE + "answers/<uuid:response_id>/", desk_couple.response, name="response"),
    path(COUPLE + "answers/<uuid:response_id>/read/", desk_couple.read, name="read"),
    path(
        COUPLE + "answers/<uuid:response_id>/private/", desk_couple.response, {"apart": True}, name="response_private"
    ),
    path(COUPLE + "answers/<uuid:response_id>/private/read/", desk_couple.read, {"apart": True}, name="read_private"),
    path(COUPLE + "assign/", desk_assign.assign, name="assign"),
    path(COUPLE + "assign/preview/", desk_assign.assign_preview, name="assign_preview"),
    path(COUPLE + "practice/<uuid:assignment_id>/", desk_plan.plan, name="plan"),
    path(COUPLE + "practice/<uuid:assignment_id>/change/", desk_plan.plan_edit, name="plan_edit"),
    path(COUPLE + "practice/<uuid:assignment_id>/change/preview/", desk_plan.plan_preview, name="plan_preview"),
    path(COUPLE + "practice/<uuid:assignment_id>/act/", desk_plan.plan_act, name="plan_act"),
    path(COUPLE + "practice/<uuid:assignment_id>/times/<str:slot>/", desk_plan.plan_round, name="plan_round"),
    path(COUPLE + "practice/<uuid:assignment_id>/rest/", desk_rests.rests, name="rests_one"),
    path(COUPLE + "rest/", desk_rests.rests, name="rests"),
    path(COUPLE + "rest/<uuid:pause_id>/", desk_rests.rest_act, name="rest_act"),
    path(COUPLE + "practice/<uuid:assignment_id>/take-back/", desk_couple.take_back, name="take_back"),
    path(COUPLE + "practice/<uuid:assignment_id>/open/<str:slot>/", desk_couple.open_reveal, name="open_reveal"),
    path(COUPLE + "measures/", desk_measure.measures_of_couple, name="measures_of_couple"),
    path(COUPLE + "measures/<uuid:client_id>/<slug:key>/", desk_measure.enter, name="measure_enter"),
    path(COUPLE + "measures/entries/<uuid:entry_id>/", desk_measure.correct, name="measure_correct"),
    path(COUPLE + "measures/entries/<uuid:entry_id>/take-back/", desk_measure.take_back, name="measure_take_back"),
    path("measures/", desk_measure.measures_of_practice, name="measures"),
    path("measures/<slug:key>/", desk_measure.measure, name="measure"),
    path(COUPLE + "kept/", desk_kept.kept, name="kept"),
    path(COUPLE + "private/<uuid:client_id>/kept/", desk_kept.kept, name="kept_private"),
    path(COUPLE + "private/<uuid:client_id>/kept/note/", desk_kept.note, name="kept_note"),
    path(COUPLE + "files/<uuid:file_id>/", files.desk_file, name="desk_file"),
    path(COUPLE + "files/<uuid:file_id>/take-away/", files.assignment_file_remove, name="assignment_file_remove"),
    path(COUPLE + "practice/<uuid:assignment_id>/files/", files.assignment_file_add, name="assignment_file"),
    path("", include("exercises.fhir_urls")),
    path("library/", desk_library.shelf, name="library"),
    path("library/<slug:slug>/", desk_library.exercise, name="exercise"),
    path("library/<slug:slug>/preview/", desk_library.preview, name="exercise_preview"),
    path("library/<slug:slug>/assign/", desk_library.choose_couple, name="assign_exercise"),
    path("programs/", desk_library.programs, name="programs"),
    path("programs/<slug:slug>/", desk_library.program, name="program"),
]
