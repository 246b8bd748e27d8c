"""Addresses. Paths of the portal are neutral: they end up in browser histories."""

from django.urls import include, path

from practice.first_words import ByFirstWords

urlpatterns = [
    ByFirstWords(
        [
            path("", include("practice.addresses")),
            path("account/", include("allauth.urls")),
            path("api/", include("practice.api.urls")),
            path("", include("clients.urls")),
            path("", include("exercises.urls")),
            path("", include("reports.urls")),
        ]
    )
]

handler400 = "practice.views.errors.bad_request"
handler404 = "practice.views.errors.not_found"
handler500 = "practice.views.errors.server_error"
