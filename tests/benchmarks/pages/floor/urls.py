"""The same addresses as ours, as far as they are measured."""

from django.urls import path

from tests.benchmarks.pages.floor import portal

urlpatterns = [
    path("today/", portal.today),
    path("do/<uuid:occurrence_id>/<int:number>/", portal.question),
]
