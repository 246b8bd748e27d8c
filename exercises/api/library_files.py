"""The practice's own library as a file, and files of others: the same functions and forms as on the pages."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from exercises.sharing import terms
from exercises.sharing.forms import NAME_ROOM, ShareForm
from exercises.sharing.matching import Match, ProgramMatch, State, match_library
from exercises.sharing.offering import TooMuch, as_yaml, chosen_from, document, offers, program_offers
from exercises.sharing.reading import LARGEST_FILE, Unreadable, read_library
from exercises.sharing.taking import take
from practice.access import for_clinicians
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView

FILE = """attune: library
format: 1
exported: '2026-11-23'
exercises:
- id: 0199a8b0-3c4d-7e5f-8a6b-7c8d9e0f1a2b
  licence: CC-BY-SA-4.0
  author: The Linden team
  content:
    title: Tea at nine
    kind: ritual
    questions:
    - {key: done, type: yes_no, label: We had it}
"""


@example(licence="CC-BY-SA-4.0", author="The Linden team", by="")
class LibraryFileMakeSerializer(serializers.Serializer):
    """What goes into a file, under which licence, and whose name it says."""

    licence = serializers.ChoiceField(
        [(key, str(terms.LICENCES[key].name)) for key in terms.FOR_OWN],
        help_text="Of what the practice wrote itself. What came from elsewhere keeps its own.",
    )
    author = serializers.CharField(
        required=False, allow_blank=True, max_length=NAME_ROOM, help_text="Whom to credit. Left out: nobody."
    )
    by = serializers.CharField(
        required=False, allow_blank=True, max_length=NAME_ROOM, help_text="The practice's name to say. Left out: none."
    )
    ids = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=500,
        help_text="Exercises and programs of the practice's own. Left out: all that may go.",
    )


class LibraryFileLeftOutSerializer(serializers.Serializer):
    """Something that stays, and why."""

    title = serializers.CharField()
    why = serializers.CharField()


@example(text=FILE, left_out=[{"title": "A bought scale", "why": "It may be used here, and not be passed on."}])
class LibraryFileSerializer(serializers.Serializer):
    """A library as text."""

    text = serializers.CharField(help_text="YAML, as docs/sharing.md describes it.")
    left_out = LibraryFileLeftOutSerializer(many=True)


@example(text=FILE, confirmed=True, look_only=False)
class LibraryFileTakeSerializer(serializers.Serializer):
    """A file to take, or to look at."""

    text = serializers.CharField(max_length=LARGEST_FILE, trim_whitespace=False, help_text="YAML, or JSON.")
    confirmed = serializers.BooleanField(required=False, help_text="We keep to the licences that it names.")
    look_only = serializers.BooleanField(required=False, help_text="Say what would happen, and do nothing.")


class LibraryFileEntrySerializer(serializers.Serializer):
    """One entry of a file, and what is here of it."""

    id = serializers.CharField()
    kind = serializers.ChoiceField([("exercise", "An exercise"), ("program", "A program")])
    title = serializers.CharField()
    licence = serializers.CharField()
    state = serializers.ChoiceField(State.choices, help_text="As it was before anything was taken.")
    notes = serializers.ListField(child=serializers.CharField())


@example(
    entries=[
        {
            "id": "0199a8b0-3c4d-7e5f-8a6b-7c8d9e0f1a2b",
            "kind": "exercise",
            "title": "Tea at nine",
            "licence": "CC-BY-SA-4.0",
            "state": "new",
            "notes": [],
        }
    ],
    drafts=["tea-at-nine"],
    programs=[],
    refused=[],
)
class LibraryFileTakenSerializer(serializers.Serializer):
    """What became of a file."""

    entries = LibraryFileEntrySerializer(many=True)
    drafts = serializers.ListField(child=serializers.CharField(), help_text="Slugs of exercises that have a draft now.")
    programs = serializers.ListField(child=serializers.CharField(), help_text="Slugs of programs that were taken.")
    refused = serializers.ListField(child=serializers.CharField(), help_text="What could not be taken, and why.")


class MakeFile(ApiView):
    """The practice's own library as a file."""

    tag = "library"
    door = staticmethod(for_clinicians)
    scopes = {"POST": Scope.LIBRARY_READ}
    serializer_class = LibraryFileMakeSerializer

    @extend_schema(
        operation_id="library_file_make",
        summary="Make a file of your library",
        request=LibraryFileMakeSerializer,
        responses={200: LibraryFileSerializer},
    )
    def post(self, request: Request) -> Response:
        """The words of the practice's own exercises and programs, for other practices. It holds no client's data.

        What a licence keeps here is left out, and told with its reason.
        """
        said = self.sent()
        exercises = offers()
        found = [*exercises, *program_offers(exercises)]
        ids = [str(one) for one in said["ids"]] if "ids" in said else [one.id for one in found if one.goes]
        by = said.get("by", "")
        sent = {"chosen": ids, "licence": said["licence"], "author": said.get("author", ""), "name": by}
        form = ShareForm({**sent, **({"with_name": "on"} if by.strip() else {})}, offers=found)
        if not form.is_valid():
            called = {"chosen": "ids", "name": "by"}
            raise serializers.ValidationError({called.get(name, name): list(why) for name, why in form.errors.items()})
        try:
            text = as_yaml(document(chosen_from(found, form.cleaned_data["chosen"]), form.signature))
        except TooMuch as refused:
            raise serializers.ValidationError({"ids": [str(refused.message)]}) from refused
        left = [{"title": one.title, "why": str(one.why)} for one in found if not one.goes]
        return Response(self.shown({"text": text, "left_out": left}, LibraryFileSerializer))


class TakeFile(ApiView):
    """The library of another practice."""

    tag = "library"
    door = staticmethod(for_clinicians)
    scopes = {"POST": Scope.LIBRARY_WRITE}
    serializer_class = LibraryFileTakeSerializer

    @extend_schema(
        operation_id="library_file_take",
        summary="Take the library of another practice",
        request=LibraryFileTakeSerializer,
        responses={200: LibraryFileTakenSerializer},
    )
    def post(self, request: Request) -> Response:
        """What can be taken becomes drafts, to be looked through and published. The same file twice changes nothing."""
        said = self.sent()
        try:
            found = read_library(said["text"].encode())
        except Unreadable as refused:
            raise serializers.ValidationError({"text": [str(refused.message)]}) from refused
        matches, programs = match_library(found)
        made: dict[str, Any] = {"drafts": [], "programs": [], "refused": []}
        if not said.get("look_only"):
            if not said.get("confirmed"):
                raise serializers.ValidationError({"confirmed": ["Say that you keep to the licences, or only look."]})
            taken = take(found, None, request.membership)
            made = {
                "drafts": [one.slug for one in (*taken.begun, *taken.renewed)],
                "programs": [one.slug for one in taken.programs],
                "refused": [str(one) for one in taken.refused],
            }
        entries = [*map(_entry, matches), *map(_entry, programs)]
        return Response(self.shown({"entries": entries, **made}, LibraryFileTakenSerializer))


def _entry(one: Match | ProgramMatch) -> dict[str, Any]:
    return {
        "id": one.entry.id,
        "kind": "exercise" if isinstance(one, Match) else "program",
        "title": one.entry.title,
        "licence": one.entry.licence,
        "state": one.state.value,
        "notes": [str(note) for note in one.notes],
    }
