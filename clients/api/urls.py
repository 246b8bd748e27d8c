"""Addresses for programs."""

from django.urls import path

from clients.api import couples

COUPLE = "couples/<uuid:couple_id>/"

urlpatterns = [
    path("couples/", couples.Couples.as_view(), name="api_couples"),
    path(COUPLE, couples.OneCouple.as_view(), name="api_couple"),
]
