"""Addresses for files on the desk: forms and libraries in and out, and one partner's record."""

from django.urls import path

from exercises.views import desk_bring, desk_fhir, desk_fhir_record

RECORD = "couples/<uuid:couple_id>/record/<uuid:client_id>/"

urlpatterns = [
    path("library/import/", desk_bring.bring, name="import_form"),
    path("library/import/sheet/", desk_bring.sheet, name="import_sheet"),
    path("library/import/library/", desk_bring.library, name="import_library"),
    path("sharing/", desk_bring.share, name="share_library"),
    path("library/import/review/", desk_fhir.review, name="import_review"),
    path("library/<slug:slug>/safety/", desk_fhir.safety, name="exercise_safety"),
    path("library/<slug:slug>/fhir/", desk_fhir.download, name="exercise_fhir"),
    path(RECORD, desk_fhir_record.record, name="record_of_partner"),
    path(RECORD + "answers/", desk_fhir_record.bring, name="import_answers"),
    path(RECORD + "fhir/", desk_fhir_record.download, name="record_fhir"),
]
