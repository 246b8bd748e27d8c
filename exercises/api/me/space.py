"""A journal of one's own, page by page; and the pages that a partner handed over."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from exercises import attachments, journal
from exercises.api.files import FileSerializer, UploadSerializer, added
from exercises.api.me.person import ID, Mine
from exercises.api.me.shapes import LANE, MyLaneSerializer
from exercises.lane_words import said
from exercises.models import JournalEntry
from exercises.views.portal import own_couples
from exercises.views.portal_space import PageForm, circle_of, couple_of, own_or_404, partners_of, releases_of
from exercises.vocabulary import Lane
from practice.api.files import Files
from practice.api.paging import by
from practice.api.problems import Conflict, of_form
from practice.api.schema import example
from practice.ids import uuid7

PAGE = {
    "id": ID,
    "lane": LANE,
    "version": 2,
    "written_at": "2026-11-23T20:12:00Z",
    "changed_at": "2026-11-23T20:20:00Z",
    "released_at": None,
    "text": "We laughed today.",
}
SHARED = {"id": ID, "author": "Theo", "released_at": "2026-11-23T20:20:00Z", "opened": True}


@example(**PAGE)
class MyPageOfSpaceSerializer(serializers.Serializer):
    """A page of one's journal."""

    id = serializers.UUIDField()
    lane = serializers.SerializerMethodField(help_text="Who reads it: nobody else, until you hand it over.")
    version = serializers.IntegerField(help_text="Counts the saves.")
    written_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    released_at = serializers.DateTimeField(allow_null=True, help_text="When you handed it over.")
    text = serializers.CharField()

    @extend_schema_field(MyLaneSerializer)
    def get_lane(self, page: JournalEntry) -> Any:
        return MyLaneSerializer(said(page.lane, self.context["circle"])).data


@example(**PAGE, files=[], may_release_to=["private", "shared"])
class MyPageOfSpaceInFullSerializer(MyPageOfSpaceSerializer):
    """A page with what is on it, and to whom it may be handed."""

    files = FileSerializer(many=True)
    may_release_to = serializers.ListField(child=serializers.ChoiceField(Lane.choices))


@example(text="We laughed today.")
class MyNewPageSerializer(serializers.Serializer):
    """A page to begin."""

    text = serializers.CharField(trim_whitespace=False, max_length=journal.LIMIT)


@example(text="We laughed today, twice.", version=2)
class MyPageChangeSerializer(MyNewPageSerializer):
    """The whole page anew."""

    version = serializers.IntegerField(
        min_value=0, max_value=999_999_999, help_text="The `version` that this was written over."
    )


@example(id=ID, version=1)
class MyKeptPageSerializer(serializers.Serializer):
    """That it was kept. Answers to writes are kept for a day, so no words are in it."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()


@example(to="private")
class MyReleaseSerializer(serializers.Serializer):
    """To whom it goes."""

    to = serializers.ChoiceField(
        [(one.value, one.label) for one in journal.RELEASES],
        help_text="private: your therapist alone. shared: everybody in care with you, and your therapist.",
    )


@example(**SHARED)
class MySharedPageSerializer(serializers.Serializer):
    """A page that somebody handed over to you."""

    id = serializers.UUIDField()
    author = serializers.CharField(source="author.name")
    released_at = serializers.DateTimeField()
    opened = serializers.SerializerMethodField(help_text="Once somebody has opened it, it can not be taken back.")

    def get_opened(self, page: JournalEntry) -> bool:
        return page.first_read_at is not None


@example(**SHARED, text="I was proud of us.", files=[])
class MySharedPageInFullSerializer(MySharedPageSerializer):
    """A page that somebody handed over, with its words once it was opened."""

    text = serializers.CharField(help_text="Empty until it was opened.")
    files = FileSerializer(many=True, help_text="Empty until it was opened.")


class _OfSpace(Mine):
    serializer_class = MyPageOfSpaceInFullSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        person = getattr(self.request, "person", None)
        return {**context, "circle": circle_of(person, self.request.practice)} if person else context

    def told(self, page: JournalEntry) -> Response:
        releases = releases_of(self.request.person, self.request.practice, page) if page.lane == Lane.OWN else []
        shown = self.shown(page, MyPageOfSpaceSerializer)
        files = self.shown(attachments.of_journal_entry(page), FileSerializer, many=True)
        return self.answer_with({**shown, "files": files, "may_release_to": releases})

    def kept(self, page: JournalEntry, status: int = 200) -> Response:
        here = reverse("api_me_page", args=[page.pk]) if status == 201 else ""
        return self.answer_with(self.shown(page, MyKeptPageSerializer), status=status, location=here)

    def tidy(self, text: str) -> str:
        form = PageForm({"text": text})
        if not form.is_valid():
            raise of_form(form)
        return str(form.cleaned_data["text"])


class Pages(_OfSpace):
    """One's journal."""

    is_list = True
    queryset = JournalEntry.objects.none()
    serializer_class = MyPageOfSpaceSerializer
    pagination_class = by("-written_at", "-pk")

    @extend_schema(operation_id="me_pages", summary="List the pages of your journal")
    def get(self, request: Request) -> Response:
        """Yours alone until you hand one over. The newest first."""
        return self.page_of(journal.of(request.person))

    @extend_schema(
        operation_id="me_pages_begin",
        summary="Write a page",
        request=MyNewPageSerializer,
        responses={201: MyKeptPageSerializer},
    )
    def post(self, request: Request) -> Response:
        """Nobody else reads it, nor that there is one."""
        text = self.tidy(self.sent(MyNewPageSerializer)["text"])
        return self.kept(journal.begin(request.person, couple_of(), text, uuid7()), 201)


class OnePage(_OfSpace):
    """One page."""

    if_match = False

    @extend_schema(operation_id="me_pages_read", summary="Read a page of your journal")
    def get(self, request: Request, entry_id: UUID) -> Response:
        """Its words, who reads it, and what is on it."""
        return self.told(own_or_404(request.person, entry_id))

    @extend_schema(
        operation_id="me_pages_write",
        summary="Write on",
        request=MyPageChangeSerializer,
        responses={200: MyKeptPageSerializer},
    )
    def patch(self, request: Request, entry_id: UUID) -> Response:
        """While it is yours alone. Where it was changed elsewhere since `version`: 409, with what stands there."""
        page, change = own_or_404(request.person, entry_id), self.sent(MyPageChangeSerializer)
        try:
            return self.kept(journal.write(page, self.tidy(change["text"]), base_version=change["version"]))
        except journal.Changed as changed:
            raise Conflict(
                _("This was changed somewhere else in the meantime"),
                "changed_elsewhere",
                version=changed.entry.version,
                kept=changed.entry.text,
            ) from None
        except journal.Released:
            raise Conflict(_("You handed this page over, so it is not written on any more."), "handed_over") from None

    @extend_schema(operation_id="me_pages_tear_out", summary="Tear a page out", responses={204: None})
    def delete(self, request: Request, entry_id: UUID) -> Response:
        """For good, as long as nobody else has read it."""
        if not journal.tear_out(own_or_404(request.person, entry_id)):
            raise Conflict(_("Somebody has read this page, so it stays in your record."), "was_read")
        return Response(status=204)


class ReleasePage(_OfSpace):
    """Handing over."""

    repeats = False

    @extend_schema(operation_id="me_pages_release", summary="Hand a page over", request=MyReleaseSerializer)
    def post(self, request: Request, entry_id: UUID) -> Response:
        """You can take it back until somebody has read it."""
        page = own_or_404(request.person, entry_id)
        lane = self.sent(MyReleaseSerializer)["to"]
        if lane not in releases_of(request.person, request.practice, page):
            raise Conflict(_("This page cannot be handed over like that."), "not_offered")
        return self.told(journal.release(page, lane, partners_of(page)))


class TakeBackPage(_OfSpace):
    """Making it one's own again."""

    repeats = False

    @extend_schema(operation_id="me_pages_take_back", summary="Take a page back", request=None)
    def post(self, request: Request, entry_id: UUID) -> Response:
        """As long as nobody has read it."""
        page = own_or_404(request.person, entry_id)
        if not journal.take_back(page):
            raise Conflict(_("Somebody has read this page in the meantime, so it stays where it is."), "was_read")
        return self.told(own_or_404(request.person, page.pk))


class PageFiles(_OfSpace):
    """What is on a page."""

    serializer_class = FileSerializer
    parser_classes = (Files,)
    repeats = False

    @extend_schema(
        operation_id="me_pages_add_file",
        summary="Put a picture, a voice note or a file on a page",
        request={"multipart/form-data": UploadSerializer},
        responses={201: FileSerializer},
    )
    def post(self, request: Request, entry_id: UUID) -> Response:
        """While the page is yours alone. Sent again, the same file is the one that is there."""
        page = journal.of(request.person).filter(pk=entry_id, lane=Lane.OWN).first()
        if page is None:
            raise Http404
        made = added(self.sent(UploadSerializer), lambda file, words: attachments.add_to_journal(page, file, words))
        here = reverse("api_me_file", args=[made.pk])
        return self.answer_with(self.shown(made, FileSerializer), status=201, location=here)


class SharedPages(Mine):
    """Pages that other partners handed over."""

    is_list = True
    queryset = JournalEntry.objects.none()
    serializer_class = MySharedPageSerializer
    pagination_class = by("-released_at", "-pk")

    @extend_schema(operation_id="me_shared_pages", summary="List the pages that were handed to you")
    def get(self, request: Request) -> Response:
        """By your partners, to all of you."""
        return self.page_of(journal.shared_with(request.person, own_couples()))


class OneSharedPage(Mine):
    """A page that another partner handed over."""

    serializer_class = MySharedPageInFullSerializer
    repeats = False

    @extend_schema(operation_id="me_shared_pages_read", summary="Read a page that was handed to you")
    def get(self, request: Request, entry_id: UUID) -> Response:
        """Its words once it was opened: until then its author may take it back."""
        return self.told(self.found(entry_id))

    @extend_schema(operation_id="me_shared_pages_open", summary="Open a page that was handed to you", request=None)
    def post(self, request: Request, entry_id: UUID) -> Response:
        """From then on it can not be taken back. Done again, it changes nothing."""
        journal.mark_read(self.found(entry_id))
        return self.told(self.found(entry_id))

    def found(self, entry_id: UUID) -> JournalEntry:
        page = journal.shared_with(self.request.person, own_couples()).filter(pk=entry_id).first()
        if page is None:
            raise Http404
        return page

    def told(self, page: JournalEntry) -> Response:
        opened = page.first_read_at is not None
        files = self.shown(attachments.of_journal_entry(page) if opened else [], FileSerializer, many=True)
        shown = self.shown(page, MySharedPageSerializer)
        return self.answer_with({**shown, "text": page.text if opened else "", "files": files})
