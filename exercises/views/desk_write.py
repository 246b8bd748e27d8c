"""The builder's pages: what an exercise is, its steps and words, each question, its scores."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from exercises.access import exercise_or_404
from exercises.publishing import Finding
from exercises.views.writing import answer, base_version, frame, opened
from exercises.vocabulary import Direction, Lane, Method, QuestionType
from exercises.writing.about_form import AboutForm, NewForm, PartsForm, WordsForm
from exercises.writing.condition_fields import condition_fields, sources_before
from exercises.writing.desk_page import DeskPage, is_asked, items_of, labels_of, lanes_for_items
from exercises.writing.flag_fields import flag_fields
from exercises.writing.gate import said_beside
from exercises.writing.item_fields import can_repeat, fields_of, metrics_for, read_item
from exercises.writing.outline import keys_of, place_of, places
from exercises.writing.parts import OUTLINE, parts_of, question_part
from exercises.writing.saving import WHY_LOCKED, Refused, save
from exercises.writing.score_fields import is_native, read_scores, score_fields
from exercises.writing.starting import adapt, start_new
from practice.access import PracticeRequest, for_clinicians, read_or_send


@read_or_send
@for_clinicians
def new(request: PracticeRequest) -> HttpResponse:
    """Begin an exercise of the practice's own."""
    form = NewForm(request.POST if request.method == "POST" else None, initial={"kind": request.GET.get("kind")})
    if form.is_valid():
        exercise = start_new(form.cleaned_data["title"], form.cleaned_data["kind"], request.membership)
        return redirect("write", exercise.slug)
    status = 422 if form.is_bound else 200
    return render(request, "exercises/desk/write/new.html", {"form": form}, status=status)


@read_or_send
@for_clinicians
def adapt_one(request: PracticeRequest, slug: str) -> HttpResponse:
    """Make a copy of the practice's own of an exercise on the shelf."""
    exercise = exercise_or_404(slug)
    if request.method == "POST" and exercise.newest is not None:
        return redirect("write", adapt(exercise.newest, request.membership).slug)
    return render(request, "exercises/desk/write/adapt.html", {"exercise": exercise})


@read_or_send
@for_clinicians
def about(request: PracticeRequest, slug: str) -> HttpResponse:
    """Title, kind, who does it, who reads it, how often."""
    return _form_page(request, slug, "about", AboutForm)


@read_or_send
@for_clinicians
def words(request: PracticeRequest, slug: str) -> HttpResponse:
    """Steps, cards, cautions, adaptations."""
    return _form_page(request, slug, "words", WordsForm)


def _form_page(request: PracticeRequest, slug: str, here: str, kind: type[PartsForm]) -> HttpResponse:
    page = opened(request, slug, here)
    form = kind(request.POST if request.method == "POST" else None, content=page.content)
    template = f"exercises/desk/write/{here}.html"
    if form.is_bound:
        form.is_valid()
        try:
            saved = save(page.manuscript, form.parts(), base_version=base_version(request.POST), by=request.membership)
        except Refused as refused:
            form.add_error(None, str(refused.message))
            return _refused(request, refused) if request.htmx else _show_form(request, page, form, template, 422)
        if form.errors and not request.htmx:
            return _show_form(request, page, form, template, 422)
        beside = {name: list(messages) for name, messages in form.errors.items()}
        url = reverse("write" if here == "about" else "write_words", args=[slug])
        context = {"with_errors": bool(form.errors)}
        return answer(request, saved, here, url, fields=form.fields, beside=beside, context=context)
    return _show_form(request, page, form, template, 200)


def _show_form(request: PracticeRequest, page: DeskPage, form: PartsForm, template: str, status: int) -> HttpResponse:
    context = {**frame(page, list(parts_of(page.content)), _said_of(page, form.fields)), "form": form}
    context["clashes"] = [one for one in context["clashes"] if "." not in one["part"]]
    return render(request, template, context, status=status)


def _said_of(page: DeskPage, names: Any) -> dict[str, list[Finding]]:
    made: dict[str, list[Finding]] = {}
    for one in page.gate.findings:
        first = "rhythm" if one.place.startswith("cadence") else one.place.split(".")[0]
        if not one.question_key and first in names:
            made.setdefault(first, []).append(one)
    return made


def _refused(request: PracticeRequest, refused: Refused) -> HttpResponse:
    return render(request, "exercises/desk/write/_not_saved.html", {"why": refused.message})


# ── one question ─────────────────────────────────────────────────────────────


@read_or_send
@for_clinicians
def question(request: PracticeRequest, slug: str, key: str) -> HttpResponse:
    """One item of the form: what it asks, how it is answered, who reads it, when it is shown."""
    page = opened(request, slug, key)
    item = page.items.get(key)
    aside = page.manuscript.aside.get(question_part(key))
    known = aside is not None or question_part(key) in page.manuscript.changed
    if item is None and not (aside if request.method != "POST" else known):
        raise Http404
    if request.method == "POST":
        return _save_question(request, page, key, item or {"key": key})
    if item is None:
        # A colleague took it out while it was being written: it can be put back from here.
        context = frame(page, [question_part(key)])
        return render(request, "exercises/desk/write/gone.html", context)
    return render(request, "exercises/desk/write/question.html", _question_page(page, key))


def _save_question(request: PracticeRequest, page: DeskPage, key: str, before: dict[str, Any]) -> HttpResponse:
    item = read_item(request.POST, before, page.items)
    try:
        saved = save(
            page.manuscript, {question_part(key): item}, base_version=base_version(request.POST), by=request.membership
        )
    except Refused as refused:
        if request.htmx:
            return _refused(request, refused)
        context = {**_question_page(page, key), "refused": refused.message}
        return render(request, "exercises/desk/write/question.html", context, status=422)
    url = reverse("write_question", args=[page.exercise.slug, key])
    after = opened(request, page.exercise.slug, key)
    if key not in after.items:  # a colleague took it out: what was written is kept aside
        return answer(request, saved, key, url)
    reshaped = not saved.clashes and (_shape(before) != _shape(item) or _is_rearranged(request.POST))
    context = _question_page(after, key)
    return answer(
        request,
        saved,
        key,
        url,
        fields=_fields_there(context),
        beside=context["beside"],
        editor="exercises/desk/write/_question_form.html" if reshaped else "",
        context={name: value for name, value in context.items() if name not in ("clashes", "page")},
    )


def _fields_there(context: dict[str, Any]) -> list[str]:
    """The fields that the page of a question has, by the names their remarks go by."""
    kind, asked = context["kind"], context["asked"]
    names = ["type", *context["shows"], "show_if"]
    names += ["label"] if kind not in (QuestionType.IMAGE, QuestionType.INSTRUCTIONS) else []
    names += ["help"] if asked or kind in (QuestionType.SECTION, QuestionType.GROUP) else []
    names += ["decline", "flag_if", "severity", "risk"] if asked else []
    names += ["lane"] if asked or kind == QuestionType.GROUP else []
    names += ["each"] if context["joint"] else []
    names += ["metric"] if context["metrics"] and asked else []
    names += ["repeats"] if context["repeats"] else []
    names += ["questions"] if kind == QuestionType.GROUP and not context["has_children"] else []
    return [name for name in names if name != "other"]


def _shape(item: dict[str, Any]) -> Any:
    """What decides which controls the form has."""
    condition = item.get("show_if") or {}
    lines = [(one.get("question"), one.get("operator")) for parts in condition.values() for one in parts]
    flag = str(item.get("flag_if", "")).partition(":")[0].lstrip("<>=0123456789.")
    return item.get("type"), bool(condition), lines, flag, item.get("other")


def _is_rearranged(data: Any) -> bool:
    return any(name.endswith(("-shift", "-drop")) for name in data)


def _question_page(page: DeskPage, key: str) -> dict[str, Any]:
    content = page.content
    items, outline = page.items, parts_of(content)[OUTLINE]
    item = items[key]
    kind = str(item.get("type", ""))
    place = place_of(outline, key)
    sources = sources_before(key, keys_of(outline), items, _around(outline, key))
    return {
        **frame(page, [question_part(key)], said_beside(page.gate.findings, key)),
        "item": item,
        "key": key,
        "place": place,
        "group_above": _group_above(page, key),
        "has_children": any(one.parent == key for one in places(outline)),
        "kind": kind,
        "shows": fields_of(kind),
        "types": QuestionType.choices,
        "asked": is_asked(item),
        "repeats": can_repeat(kind),
        "metrics": metrics_for(kind),
        "lanes": lanes_for_items(content),
        "form_lane": content.get("lane") if content.get("lane") in Lane.values else Lane.SHARED,
        "joint": content.get("lane") == Lane.JOINT,
        "condition": condition_fields(item.get("show_if"), sources, labels_of(content)),
        "flag": flag_fields(item),
        "locked": page.exercise.locked,
        "why_locked": WHY_LOCKED,
        "lists": {name: _lines_of(item, name) for name in ("options", "rows", "units")},
        "stops": item.get("stops") or [],
    }


def _lines_of(item: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The lines there are, and an empty one behind them."""
    there = [one for one in item.get(name) or () if isinstance(one, dict)]
    return [{**one, "value": one.get("value", one.get("key", ""))} for one in there] + [{"value": "", "label": ""}]


def _group_above(page: DeskPage, key: str) -> bool:
    """Whether the item before it is a group that it could go into."""
    found = list(places(parts_of(page.content)[OUTLINE]))
    here = next(one for one in found if one.key == key)
    before = next((one for one in found if one.parent == here.parent and one.number == here.number - 1), None)
    return before is not None and page.items[before.key].get("type") == QuestionType.GROUP


def _around(outline: Any, key: str) -> set[str]:
    found, place = set(), place_of(outline, key)
    while place is not None and place.parent:
        found.add(place.parent)
        place = place_of(outline, place.parent)
    return found


# ── scores ───────────────────────────────────────────────────────────────────


@read_or_send
@for_clinicians
def scores(request: PracticeRequest, slug: str) -> HttpResponse:
    """What is counted from the answers."""
    page = opened(request, slug, "scores")
    native = is_native(page.content.get("scoring"))
    if request.method == "POST" and not native:
        made = read_scores(request.POST, page.content.get("scoring"))
        try:
            saved = save(
                page.manuscript, {"scoring": made}, base_version=base_version(request.POST), by=request.membership
            )
        except Refused as refused:
            if request.htmx:
                return _refused(request, refused)
            return render(request, "exercises/desk/write/scores.html", _scores_page(page), status=422)
        after = opened(request, slug, "scores")
        context = {name: value for name, value in _scores_page(after).items() if name not in ("clashes", "page")}
        before = page.content.get("scoring")
        reshaped = _score_count(before) != _score_count(made)
        return answer(
            request,
            saved,
            "scores",
            reverse("write_scores", args=[slug]),
            fields=["scoring"],
            beside=context["beside"],
            editor="exercises/desk/write/_scores_form.html" if reshaped else "",
            context=context,
        )
    return render(request, "exercises/desk/write/scores.html", _scores_page(page))


def _score_count(scoring: Any) -> int:
    return len(scoring) if isinstance(scoring, list) else int(scoring is not None)


def _scores_page(page: DeskPage) -> dict[str, Any]:
    said = [one for one in page.gate.findings if one.place.startswith("scoring")]
    return {
        **frame(page, ["scoring"], {"scoring": said}),
        "scores": score_fields(page.content),
        "native": is_native(page.content.get("scoring")),
        "methods": Method.choices,
        "directions": Direction.choices,
        "weighted": [key for key, item in items_of(page.content).items() if item.get("options")],
        "locked": page.exercise.locked,
        "why_locked": WHY_LOCKED,
    }
