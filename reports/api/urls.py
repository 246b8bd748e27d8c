"""Addresses for programs."""

from django.urls import path

from reports.api import me

urlpatterns = [
    path("me/lately/", me.Lately.as_view(), name="api_me_lately"),
]
