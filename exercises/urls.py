"""Addresses: the desk of staff, and the portal of clients."""

from django.urls import include, path

urlpatterns = [
    path("desk/", include("exercises.desk_urls")),
    path("", include("exercises.portal_urls")),
]
    path("", include("exercises.review_urls")),
