"""Nobody comes to see a couple quietly: its therapists are told, whatever opened it, and by whom is written down."""

from __future__ import annotations

import ast
import datetime
import html
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clients import duty, emergencies, scope, sight, supervision
from clients.models import Absence, CaseloadEntry, Cover, EmergencyAccess, Supervision
from practice import outbox, tenancy
from practice.models import Membership, Message
from tests.factories import acting_as, inside, make_couple, make_member, signed_in

pytestmark = pytest.mark.django_db


def dealt(couple, by, *to) -> None:
    answer = signed_in(by).post(f"/desk/couples/{couple.pk}/therapists/", {"therapists": [str(one.pk) for one in to]})
    assert answer.status_code == 302


def let_go(by, member, to) -> None:
    assert signed_in(by).post(reverse("member_end", args=[member.pk]), {"to": str(to.pk)}).status_code == 302


def letters(practice, kind: str = sight.KIND) -> list[Message]:
    with inside(practice):
        return list(Message.objects.filter(kind=kind).order_by("planned_for"))


def told(practice, kind: str = sight.KIND) -> list[str]:
    with inside(practice):
        names = dict(Membership.objects.values_list("pk", "name"))
    return sorted(names[one.person_id] for one in letters(practice, kind))


def page(who, path: str = "") -> str:
    answer = signed_in(who).get(path or reverse("sight"))
    assert answer.status_code == 200
    return " ".join(html.unescape(answer.content.decode()).split())


@pytest.fixture
def second(practice) -> Membership:
    return make_member(practice, "owner", "Dr Second Owner")


# ── on a caseload ────────────────────────────────────────────────────────────


def test_b53_whoever_puts_a_couple_on_their_own_caseload_is_as_loud_as_an_emergency(
    practice, owner, therapist, colleague, couple
):
    dealt(couple, owner, owner, therapist)
    assert told(practice) == [therapist.name]
    with inside(practice):
        for one in letters(practice):
            words = outbox.handler_of(one.kind).compose(one)
            assert outbox.handler_of(one.kind).wanted(one) == ""
            assert words.subject == "There is an item to review"
            assert not {"Theo", "Mara", owner.name} & set(words.text.split())
    dealt(couple, owner, therapist)
    with inside(practice):
        assert all(outbox.handler_of(one.kind).wanted(one) == "" for one in letters(practice)), (
            "also when they have gone"
        )
    timeline = page(therapist, f"/desk/couples/{couple.pk}/timeline/")
    for word in ("put on", "taken off"):
        assert f"{owner.name} was {word} the caseload by {owner.name}" in timeline
    dealt(couple, owner, owner, therapist)
    assert len(letters(practice)) == 2, "and every time anew"


def test_b53_a_coordinator_or_owner_adds_nobody_without_the_therapists_knowing(
    practice, owner, coordinator, therapist, colleague, couple
):
    dealt(couple, coordinator, therapist, colleague)
    assert told(practice) == [therapist.name], "who looks after them, and not who was added"
    dealt(couple, owner, colleague)
    assert told(practice) == [therapist.name], "to take somebody off opens nothing"
    dealt(couple, coordinator, owner)
    assert told(practice) == sorted([therapist.name, colleague.name]), "who was there until this act"
    with inside(practice):
        assert {one.about_id for one in letters(practice)} == {colleague.pk, owner.pk}
    assert f"{colleague.name} was put on the caseload by {coordinator.name}" in page(owner)


def test_b53_who_is_away_is_told_too_and_the_desk_says_it_for_some_days(
    practice, coordinator, therapist, owner, couple
):
    today = datetime.date.today()
    with inside(practice):
        Absence.objects.create(
            membership=therapist, begins_on=today, ends_on=today, covered_by=owner, made_by=therapist
        )
    assert "came to see a couple" not in page(therapist, "/desk/")
    dealt(couple, coordinator, therapist, owner)
    assert told(practice) == [therapist.name]
    assert "Somebody came to see a couple" in page(therapist, "/desk/")
    assert "Somebody came to see a couple" not in page(owner, "/desk/")
    with inside(practice):
        Message.objects.filter(kind=sight.KIND).update(due_at=timezone.now() - sight.ON_DESK_FOR)
    assert "came to see a couple" not in page(therapist, "/desk/")


# ── somebody leaves ──────────────────────────────────────────────────────────


def test_b46_b53_whoever_takes_over_is_told_of_to_who_else_looks_after_the_couples(
    practice, owner, second, therapist, colleague, couple
):
    make_couple(practice, ("Ada", "Ruth"), therapist=therapist)
    with inside(practice):
        CaseloadEntry.objects.create(couple=couple, membership=colleague)
    let_go(owner, therapist, owner)
    assert told(practice) == sorted([colleague.name, second.name]), "the second owner for the couple with nobody else"


def test_b46_b53_where_nobody_else_is_left_the_trail_and_a_page_say_it(practice, owner, therapist, couple):
    let_go(owner, therapist, owner)
    assert letters(practice) == []
    shown = page(owner)
    assert f"{owner.name} was put on the caseload by {owner.name}" in shown
    assert str(couple) in shown


# ── for a while ──────────────────────────────────────────────────────────────


def let_in(practice, member, couple, until=None) -> None:
    with inside(practice):
        duty.let_in(member, couple.pk, until=until)


def test_b53_a_cover_is_told_of_once_and_again_when_it_lasts_longer(practice, therapist, colleague, couple):
    soon = timezone.now() + datetime.timedelta(days=2)
    let_in(practice, colleague, couple, soon)
    let_in(practice, colleague, couple, soon)
    assert told(practice) == [therapist.name]
    let_in(practice, colleague, couple)
    let_in(practice, colleague, couple, soon)
    assert told(practice) == [therapist.name] * 2
    assert f"{colleague.name} was let in as cover by Attune itself, until it is ended" in page(therapist)
    let_in(practice, therapist, couple)
    assert len(letters(practice)) == 2, "whose couple it is gains nothing"


def test_b49_b53_a_supervisors_grant_is_told_to_the_therapist(practice, owner, therapist, colleague, couple):
    supervisor = make_member(practice, "supervisor", "Dr Over Seer")
    until = timezone.now() + datetime.timedelta(days=3)
    with inside(practice):
        CaseloadEntry.objects.create(couple=couple, membership=colleague)
    for _twice in range(2):
        with acting_as(owner):
            supervision.grant(supervisor, therapist, by=owner, until=until)
    assert told(practice) == sorted([therapist.name, colleague.name])
    for who, path in ((therapist, ""), (owner, ""), (therapist, f"/desk/couples/{couple.pk}/timeline/")):
        assert f"{supervisor.name} was let in as supervisor by {owner.name}, until " in page(who, path)
    with acting_as(owner):
        supervision.grant(supervisor, owner, by=owner)
    assert len(letters(practice)) == 2, "nobody is told of what they do themselves"


def test_b53_an_emergency_stands_there_with_the_rest(practice, therapist, colleague, couple):
    with acting_as(colleague):
        emergencies.open_up(couple, by=colleague, why="Theo rang from the bridge.", hours=1)
    assert told(practice, emergencies.KIND) == [therapist.name]
    assert f"{colleague.name} opened it in an emergency, until " in page(therapist)


def test_b9_the_page_names_the_couples_of_ones_own_caseload_and_of_no_other(
    practice, owner, coordinator, therapist, colleague, couple
):
    dealt(couple, coordinator, therapist, owner)
    assert str(couple) in page(therapist)
    assert str(couple) not in page(colleague)
    assert "Nobody yet" in page(colleague)


def test_more_changes_cost_no_more_queries(
    practice, coordinator, therapist, owner, couple, django_assert_max_num_queries
):
    for _turn in range(3):
        dealt(couple, coordinator, therapist, owner)
        dealt(couple, coordinator, therapist)
    browser = signed_in(therapist)
    with django_assert_max_num_queries(20):
        browser.get(reverse("sight"))


# ── every way there is ───────────────────────────────────────────────────────

OPENS = {one.__name__: one for one in (CaseloadEntry, Cover, Supervision, EmergencyAccess)}
#: Where a row is written that opens a couple, and what it calls to tell of it. ``None``: a couple that begins there, so
#: that nobody looked after it before. Whoever adds a way tells by :func:`clients.sight.gained`.
WAYS = {
    "clients.caseloads.deal": "gained",
    "clients.handing_over.hand_over": "gained",
    "clients.duty.let_in": "gained",
    "clients.supervision.grant": "gained",
    "clients.emergencies.open_up": "write",
    "clients.starting.take_on_all": None,
    "clients.individual.begin": None,
}
WRITES = {"create", "get_or_create", "update_or_create", "bulk_create", "aget_or_create", "acreate"}


def calls(function: ast.AST) -> list[ast.Call]:
    return [one for one in ast.walk(function) if isinstance(one, ast.Call)]


def name_before(call: ast.Call) -> str:
    """The name that a chain of calls begins with: ``Cover`` of ``Cover.objects.filter(…).update(…)``."""
    node: ast.AST = call
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def functions() -> dict[str, ast.FunctionDef]:
    found = {}
    for label in ("practice", "clients", "exercises", "reports"):
        root = Path(apps.get_app_config(label).path)
        for file in sorted(root.rglob("*.py")):
            if "migrations" not in file.parts:
                module = ".".join((label, *file.relative_to(root).with_suffix("").parts))
                for one in ast.walk(ast.parse(file.read_text())):
                    if isinstance(one, ast.FunctionDef):
                        found[f"{module}.{one.name}"] = one
    return found


def opens(function: ast.FunctionDef) -> bool:
    for call in calls(function):
        verb = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        made = isinstance(call.func, ast.Name) and call.func.id in OPENS
        if name_before(call) in OPENS and (made or verb in WRITES):
            return True
        # A row that is there may be ended, and nothing else.
        if name_before(call) in OPENS and verb == "update" and {one.arg for one in call.keywords} != {"ended_at"}:
            return True
    return False


def test_b49_b53_every_way_that_opens_a_couple_tells_its_therapists():
    by_name = functions()
    found = {name for name, function in by_name.items() if opens(function)}
    demo = {name for name in found if ".demo" in name or ".management." in name}
    assert found - demo == {*WAYS}, "a new way past the wall: tell of it"
    for name, how in WAYS.items():
        said = {one.func.attr for one in calls(by_name[name]) if isinstance(one.func, ast.Attribute)
                and name_before(one) == "sight"}  # fmt: skip
        assert said == ({how} if how else set()), name


@pytest.mark.parametrize(
    "body", ["Cover.objects.create(a=1)", "Cover(a=1).save()", "Supervision.objects.filter(a=1).update(until=None)"]
)
def test_b49_a_way_that_nobody_declared_is_found(body):
    assert opens(ast.parse(f"def quietly():\n    {body}\n").body[0])


def test_b49_the_wall_is_widened_by_these_tables_alone(practice, therapist):
    """What :mod:`clients.scope` asks for whom somebody reads: another table there is another way."""
    with inside(practice), tenancy.elevated(), CaptureQueriesContext(connection) as asked:
        list(scope._within_walls(tenancy.Asker(role="x", practice_id=practice.pk, user_id=therapist.user_id)))
    tables = {one._meta.db_table for one in apps.get_models() if f'"{one._meta.db_table}"' in asked[0]["sql"]}
    who = {Membership._meta.db_table}
    assert tables - who == {one._meta.db_table for one in OPENS.values()}
