"""Addresses for programs. Upper apps bring their own."""

from django.urls import include, path

from practice.api.docs import api_docs, api_schema

urlpatterns = [
    path("", api_docs, name="api_docs"),
    path("v1/openapi.json", api_schema, name="api_schema"),
    path("v1/", include("clients.api.urls")),
    path("v1/", include("exercises.api.urls")),
    path("v1/", include("reports.api.urls")),
]
