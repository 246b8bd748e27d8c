"""What is done to a manuscript as a whole: questions come, go and move; changes are taken back; pictures are added."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from exercises.lane_words import Circle, said
from exercises.translations import translated
from exercises.views.writing import frame, opened, own_or_404
from exercises.vocabulary import Lane, QuestionType
from exercises.writing import outline as order
from exercises.writing.desk_page import DeskPage, desk_page, screens_of
from exercises.writing.item_fields import fresh_item
from exercises.writing.parts import OUTLINE, item_at, parts_of, question_part
from exercises.writing.pictures import keep_picture
from exercises.writing.saving import Refused, Saved, change, choose, discard, manuscript_of, take_back
from exercises.writing.starting import new_key
from practice.access import PracticeRequest, for_clinicians
from practice.bare import Unkeepable


@require_POST
@for_clinicians
def act(request: PracticeRequest, slug: str) -> HttpResponse:
    """Do one thing, told by ``act``. Everything here can be taken back, so nothing asks first."""
    page = opened(request, slug, request.POST.get("key", "").replace("\x00", ""))
    done = _ACTS.get(request.POST.get("act", ""))
    if done is None:
        raise Http404
    try:
        return done(request, page)
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("write", slug)


def _add(request: PracticeRequest, page: DeskPage) -> HttpResponse:
    kind = request.POST.get("type", "")
    if kind not in QuestionType.values:
        raise Http404
    parts = parts_of(page.content)
    key = new_key(set(page.items))
    outline = order.added(parts[OUTLINE], [key, []], page.here)
    change(page.manuscript, {question_part(key): fresh_item(key, kind), OUTLINE: outline}, by=request.membership)
    return _to_question(page, key, "#w-label" if kind not in (QuestionType.INSTRUCTIONS, QuestionType.IMAGE) else "")


def _remove(request: PracticeRequest, page: DeskPage) -> HttpResponse:
    outline = parts_of(page.content)[OUTLINE]
    place = order.place_of(outline, page.here)
    if place is not None:
        node = next(node for node in _nodes(outline) if node[0] == page.here)
        gone = [page.here, *order.keys_of(node[1])]
        after = order.removed(outline, page.here)
        change(page.manuscript, {**{question_part(key): None for key in gone}, OUTLINE: after}, by=request.membership)
        messages.success(request, _("Taken out. “Undo” puts it back."))
        left = order.keys_of(after)
        if left:
            before = order.keys_of(outline).index(page.here)
            return _to_question(page, left[min(before, len(left) - 1)], "")
    return redirect("write", page.exercise.slug)


def _duplicate(request: PracticeRequest, page: DeskPage) -> HttpResponse:
    outline = parts_of(page.content)[OUTLINE]
    node = next((node for node in _nodes(outline) if node[0] == page.here), None)
    if node is None:
        return redirect("write", page.exercise.slug)
    taken = set(page.items)
    parts: dict[str, Any] = {}
    names: dict[str, str] = {}
    for key in [page.here, *order.keys_of(node[1])]:
        names[key] = new_key(taken)
        taken.add(names[key])
    for old, new in names.items():
        # A series or a name in a file belongs to one question alone.
        item = {name: part for name, part in page.items[old].items() if name not in ("metric", "link_id", "codes")}
        parts[question_part(new)] = {**_repointed(item, names), "key": new}
    parts[OUTLINE] = order.added(outline, _renamed(node, names), page.here)
    change(page.manuscript, parts, by=request.membership)
    return _to_question(page, names[page.here], "#w-label")


def _repointed(item: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A copied question looks at the copies of what was copied with it."""

    def pointed(part: Any) -> Any:
        if isinstance(part, list):
            return [pointed(one) for one in part]
        if not isinstance(part, dict):
            return part
        made = {name: pointed(one) for name, one in part.items()}
        base, dot, row = str(made.get("question", "")).partition(".")
        return {**made, "question": f"{names[base]}{dot}{row}"} if base in names else made

    return {**item, "show_if": pointed(item["show_if"])} if "show_if" in item else item


def _renamed(node: order.Node, names: dict[str, str]) -> order.Node:
    return [names[node[0]], [_renamed(one, names) for one in node[1]]]


def _nodes(outline: order.Outline) -> list[order.Node]:
    return [found for node in outline for found in (node, *_nodes(node[1]))]


def _moved(
    how: Callable[[order.Outline, str, PracticeRequest], order.Outline], spot: str
) -> Callable[..., HttpResponse]:
    def done(request: PracticeRequest, page: DeskPage) -> HttpResponse:
        outline = parts_of(page.content)[OUTLINE]
        saved = change(page.manuscript, {OUTLINE: how(outline, page.here, request)}, by=request.membership)
        if request.htmx:
            return _outline(request, saved, page.here)
        row = desk_page(page.exercise, saved.manuscript, request.practice, page.here).row
        if row is not None:
            messages.success(request, _("Now %(at)s of %(of)s.") % {"at": row.at, "of": row.of})
        return _to_question(page, page.here, spot)

    return done


def _outline(request: PracticeRequest, saved: Saved, here: str) -> HttpResponse:
    """The outline alone, after something moved in it, and a word about where it is now."""
    current = request.POST.get("current", "").replace("\x00", "")
    page = desk_page(saved.manuscript.exercise, saved.manuscript, request.practice, current)
    moved = next((row for row in page.rows if row.key == here), None)
    return render(request, "exercises/desk/write/_moved.html", {**frame(page), "moved": moved})


def _number(request: PracticeRequest) -> int:
    said_ = request.POST.get("number", "")
    return int(said_) if said_.isdecimal() and len(said_) < 6 else 1


def _undo(request: PracticeRequest, page: DeskPage) -> HttpResponse:
    parts = take_back(page.manuscript, request.membership)
    if parts:
        messages.success(request, _("The last change was taken back."))
    back = next((part.removeprefix("question.") for part in sorted(parts) if part.startswith("question.")), "")
    content = manuscript_of(page.exercise, request.membership).content
    if back and item_at(content, back) is not None:
        return _to_question(page, back, "")
    return redirect(_page_of(request, page))


def _page_of(request: PracticeRequest, page: DeskPage) -> str:
    names = {"words": "write_words", "scores": "write_scores"}
    return reverse(names.get(request.POST.get("from", ""), "write"), args=[page.exercise.slug])


def _choose(request: PracticeRequest, page: DeskPage) -> HttpResponse:
    part = request.POST.get("part", "").replace("\x00", "")
    choose(page.manuscript, part, mine=request.POST.get("take") == "late", by=request.membership)
    messages.success(request, _("Chosen. “Undo” takes it back."))
    key = part.removeprefix("question.")
    content = manuscript_of(page.exercise, request.membership).content
    if part.startswith("question.") and item_at(content, key) is not None:
        return _to_question(page, key, "")
    return redirect(_page_of(request, page))


def _discard(request: PracticeRequest, page: DeskPage) -> HttpResponse:
    if page.exercise.newest is None:
        raise Refused(_("There is no edition to go back to yet. You can leave it unpublished: nobody sees it."))
    discard(page.manuscript)
    messages.success(request, _("What was not published is gone. The edition is as it was."))
    return redirect("exercise", page.exercise.slug)


def _to_question(page: DeskPage, key: str, spot: str) -> HttpResponse:
    return redirect(reverse("write_question", args=[page.exercise.slug, key]) + spot)


_ACTS: dict[str, Callable[..., HttpResponse]] = {
    "add": _add,
    "remove": _remove,
    "duplicate": _duplicate,
    "up": _moved(lambda outline, key, request: order.moved_by(outline, key, -1), "#move-up"),
    "down": _moved(lambda outline, key, request: order.moved_by(outline, key, 1), "#move-down"),
    "to": _moved(lambda outline, key, request: order.moved_to(outline, key, _number(request)), "#move-to"),
    "in": _moved(lambda outline, key, request: order.moved_in(outline, key), "#move-out"),
    "out": _moved(lambda outline, key, request: order.moved_out(outline, key), "#move-in"),
    "before": _moved(
        lambda outline, key, request: order.moved_before(outline, key, request.POST.get("other", "")), "#move-to"
    ),
    "undo": _undo,
    "choose": _choose,
    "discard": _discard,
}


@require_POST
@for_clinicians
def picture(request: PracticeRequest, slug: str, key: str) -> HttpResponse:
    """Put a picture into an item that shows one."""
    page = opened(request, slug, key)
    item = page.items.get(key)
    file = request.FILES.get("picture")
    if item is None or item.get("type") != QuestionType.IMAGE:
        raise Http404
    try:
        if file is None:
            raise Unkeepable(_("Please choose a picture first."))
        made = keep_picture(page.exercise, file)
        after = {name: part for name, part in item.items() if name != "src"} | {"attachment": str(made.pk)}
        change(page.manuscript, {question_part(key): after}, by=request.membership)
    except (Unkeepable, Refused) as refused:
        messages.error(request, str(refused.message))
        return _to_question(page, key, "#w-attachment")
    messages.success(request, _("The picture is kept, without what the camera noted."))
    return _to_question(page, key, "#w-alt")


_FRAMED: Any = {"frame-ancestors": [SELF]}


@xframe_options_sameorigin
@csp_replace(_FRAMED)
@require_safe
@for_clinicians
def preview(request: PracticeRequest, slug: str) -> HttpResponse:
    """The manuscript as a phone shows it, for the frame beside the form: nothing is sent or kept from here."""
    exercise = own_or_404(slug)
    content = manuscript_of(exercise, request.membership).content
    key = request.GET.get("key", "").replace("\x00", "")
    language = request.GET.get("language", "").replace("\x00", "")[:20]
    screens, whole = screens_of(content, key, language)
    circle = Circle(_("you"), (_("your partner"),), (request.membership.name,))
    lane = content.get("lane") if content.get("lane") in Lane.values else Lane.SHARED
    context = {
        "screens": screens,
        "whole": whole,
        "alone": bool(key),
        "said": said(str(lane), circle),
        "shown": translated(content, language) if language else content,
        "has_questions": bool(content.get("questions")),
    }
    return render(request, "exercises/desk/write/preview.html", context)
