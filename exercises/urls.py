"""Addresses: the desk of staff, and the portal of clients."""

from django.urls import include, path

from exercises.views import pictures

urlpatterns = [
    path("picture/<uuid:illustration_id>/", pictures.illustration, name="illustration"),
    path("desk/", include("exercises.desk_urls")),
    path("", include("exercises.review_urls")),
    path("", include("exercises.portal_urls")),
    path("", include("exercises.together_urls")),
]
