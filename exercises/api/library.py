"""The library: what there is to give, found as on its page, and its published editions as data."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from exercises import library
from exercises.access import exercise_or_404
from exercises.giving import lanes_on_offer
from exercises.models import Edition, Exercise
from exercises.shelves import shelves_of
from exercises.vocabulary import Kind, Lane, Level, Participation, Theme
from practice.access import for_clinicians
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView

#: Parts of an edition's content that stand by themselves.
APART = ("steps", "questions")
EXERCISE = {
    "id": "0199a8b0-3c4d-7e5f-8a6b-7c8d9e0f1a2b",
    "slug": "weekly-state-of-us",
    "title": "Weekly state of us",
    "kind": "check_in",
    "summary": "A fixed weekly meeting about the relationship itself, built on three questions and closed with thanks.",
    "themes": ["attunement", "conflict_repair", "appreciation"],
    "participation": "turn_taking",
    "level": "moderate",
    "minutes": 45,
    "lane": "reveal",
    "needs_clearance": False,
    "own": False,
    "languages": ["en"],
    "newest_edition_id": "0199a8b0-3c4d-7e5f-8a6b-7c8d9e0f1a2c",
}
EDITION_ROW = {
    "id": "0199a8b0-3c4d-7e5f-8a6b-7c8d9e0f1a2c",
    "exercise": "weekly-state-of-us",
    "number": 1,
    "title": "Weekly state of us",
    "published_at": "2026-11-20T09:12:00Z",
    "is_newest": True,
}
EDITION = {
    **EDITION_ROW,
    "lanes": ["own", "private", "reveal"],
    "steps": ["Fix one day and hour and keep to it.", "Prepare the place: phones off, something to drink."],
    "questions": [
        {"key": "good", "type": "long_text", "label": "What went well between us this week"},
        {"key": "closeness", "type": "scale", "label": "How close I felt this week", "min": 0, "max": 10},
    ],
    "content": {
        "slug": "weekly-state-of-us",
        "kind": "check_in",
        "cadence": {"rule": "FREQ=WEEKLY;BYDAY=SU;BYHOUR=19;BYMINUTE=0", "time_of_day": "evening"},
        "cautions": ["If it turns into a list of complaints, stop and name one thing that went well."],
    },
}


@example(**EXERCISE)
class ExerciseSerializer(serializers.Serializer):
    """An entry of the library."""

    id = serializers.UUIDField()
    slug = serializers.CharField(help_text="Its name in addresses.")
    title = serializers.CharField()
    kind = serializers.ChoiceField(Kind.choices)
    summary = serializers.CharField()
    themes = serializers.ListField(child=serializers.ChoiceField(Theme.choices))
    participation = serializers.ChoiceField(Participation.choices, help_text="Who does it.")
    level = serializers.ChoiceField(Level.choices, help_text="How deep it goes.")
    minutes = serializers.IntegerField()
    lane = serializers.ChoiceField(Lane.choices, help_text="Who reads the answers, as the exercise proposes it.")
    needs_clearance = serializers.BooleanField(
        help_text="Given only after a therapist has recorded that joint work is safe."
    )
    own = serializers.SerializerMethodField(help_text="Whether the practice wrote or adapted it itself.")
    languages = serializers.SerializerMethodField(help_text="The languages it can be read in.")
    newest_edition_id = serializers.UUIDField(source="newest_id", help_text="The id of the edition that is offered.")

    def get_own(self, one: Exercise) -> bool:
        return one.practice_id is not None

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_languages(self, one: Any) -> list[str]:
        if not hasattr(one, "written_in"):  # one by itself, with its edition
            one.written_in, one.words = (one.newest.content.get(name) for name in ("language", "translations"))
        return library.languages_in(one)


@example(**EDITION_ROW)
class EditionRowSerializer(serializers.Serializer):
    """A published state of an exercise, in a list."""

    id = serializers.UUIDField()
    exercise = serializers.CharField(source="exercise.slug", help_text="The exercise's slug.")
    number = serializers.IntegerField()
    title = serializers.CharField()
    published_at = serializers.DateTimeField()
    is_newest = serializers.SerializerMethodField(help_text="Whether it is the one that is offered.")

    def get_is_newest(self, edition: Edition) -> bool:
        return edition.exercise.newest_id == edition.pk and edition.exercise.retired_at is None


@example(**EDITION)
class EditionSerializer(EditionRowSerializer):
    """A published state of an exercise. It never changes: what was given points at it for ever."""

    lanes = serializers.SerializerMethodField(
        help_text="What a therapist of this practice may choose: who reads the answers, from closed to open."
    )
    steps = serializers.SerializerMethodField(help_text="What to do, in order.")
    questions = serializers.SerializerMethodField(help_text="The form: key, type, label and what the type needs.")
    content = serializers.SerializerMethodField(help_text="Everything else that the edition says.")

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(Lane.choices)))
    def get_lanes(self, edition: Edition) -> list[str]:
        return [lane.value for lane in lanes_on_offer(edition, self.context["request"].practice)]

    @extend_schema_field(serializers.ListField(child=serializers.JSONField()))
    def get_steps(self, edition: Edition) -> list[Any]:
        return edition.content.get("steps", [])

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_questions(self, edition: Edition) -> list[Any]:
        return edition.content.get("questions", [])

    @extend_schema_field(serializers.DictField())
    def get_content(self, edition: Edition) -> dict[str, Any]:
        return {name: said for name, said in edition.content.items() if name not in APART}


@example(**EXERCISE, edition=EDITION)
class WholeExerciseSerializer(ExerciseSerializer):
    """An entry of the library with the edition that is offered."""

    edition = EditionSerializer(source="newest")


class LibraryFilter(django_filters.FilterSet):
    """What somebody looks for, as the page of the library finds it."""

    q = django_filters.CharFilter(help_text="Words, with quotes, or and minus as on the page.")
    kind = django_filters.MultipleChoiceFilter(choices=Kind.choices)
    theme = django_filters.MultipleChoiceFilter(choices=Theme.choices)
    level = django_filters.MultipleChoiceFilter(choices=Level.choices)
    who = django_filters.MultipleChoiceFilter(choices=Participation.choices)
    lane = django_filters.MultipleChoiceFilter(choices=Lane.choices)
    minutes = django_filters.ChoiceFilter(
        choices=[(str(most), str(most)) for most in library.MINUTES], help_text="At the most so many."
    )
    language = django_filters.CharFilter(help_text="A tag such as en: what can be read in it.")
    shelf = django_filters.CharFilter(
        help_text="favourites, own, adapted or hidden, or the id of a shelf with a name. What the practice hides is "
        "left out unless you ask for hidden."
    )

    class Meta:
        model = Exercise
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Exercise]) -> QuerySet[Exercise]:
        """Return those of the rows that :func:`library.find` finds."""
        said = self.form.cleaned_data
        shelves = shelves_of(self.request.membership)
        places = {value for value, _label in library.facets_with(shelves)["place"][1]}
        if said["shelf"] and said["shelf"] not in places:
            raise serializers.ValidationError({"shelf": ["There is no such shelf."]})
        chosen = {name: tuple(said[name]) for name in ("kind", "theme", "level", "who", "lane")}
        one = {name: tuple(filter(None, [said[name]])) for name in ("minutes", "language")}
        place = tuple(filter(None, [said["shelf"]]))
        wish = library.Wish(said["q"].strip()[: library.LONGEST_SEARCH], {**chosen, **one, "place": place})
        return queryset.filter(pk__in=[found.pk for found in library.find(wish, shelves).exercises])


class Library(ApiView):
    """All that is on offer."""

    tag, is_list = "library", True
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.LIBRARY_READ}
    queryset = Exercise.objects.none()
    serializer_class = ExerciseSerializer
    filterset_class = LibraryFilter

    @extend_schema(operation_id="library_list", summary="Search the library")
    def get(self, request: Request) -> Response:
        """Exercises of the catalogue and of the practice. Of one filter any value will do; filters combine."""
        return self.page_of(library.shelf())


class OneExercise(ApiView):
    """One exercise."""

    tag = "library"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.LIBRARY_READ}
    serializer_class = WholeExerciseSerializer

    @extend_schema(operation_id="library_read", summary="Read an exercise")
    def get(self, request: Request, slug: str) -> Response:
        """An exercise with the edition that is offered: its steps, its questions, and who may read the answers."""
        exercise = exercise_or_404(slug)
        if exercise.newest is not None:
            exercise.newest.exercise = exercise
        return self.answer_with(self.shown(exercise))


class Editions(ApiView):
    """The editions of an exercise."""

    tag, is_list = "library", True
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.LIBRARY_READ}
    queryset = Edition.objects.none()
    serializer_class = EditionRowSerializer

    @extend_schema(operation_id="editions_list", summary="List the editions of an exercise")
    def get(self, request: Request, slug: str) -> Response:
        """All that was ever published of it, the newest first."""
        rows = Edition.objects.filter(exercise=exercise_or_404(slug)).defer("content")
        return self.page_of(rows.select_related("exercise").defer("content", "exercise__search"))


class OneEdition(ApiView):
    """One edition."""

    tag = "library"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.LIBRARY_READ}
    serializer_class = EditionSerializer

    @extend_schema(operation_id="editions_read", summary="Read an edition")
    def get(self, request: Request, edition_id: UUID) -> Response:
        """One published state, also of what is not offered any more: what was given then still says this."""
        rows = Edition.objects.select_related("exercise").defer("exercise__search")
        return self.answer_with(self.shown(get_object_or_404(rows, pk=edition_id)))
