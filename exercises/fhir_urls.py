"""Addresses of FHIR on the desk: forms in and out."""

from django.urls import path

from exercises.views import desk_fhir

urlpatterns = [
    path("library/import/", desk_fhir.bring, name="import_form"),
    path("library/import/review/", desk_fhir.review, name="import_review"),
    path("library/<slug:slug>/safety/", desk_fhir.safety, name="exercise_safety"),
    path("library/<slug:slug>/fhir/", desk_fhir.download, name="exercise_fhir"),
]
