"""The smallest honest world: two practices, two couples each, everybody who may or may not see them.

Every text in it carries a *canary*: a word that exists nowhere else and knows who may ever meet it. It is
built by the product's own verbs, as the people who would do it, so that a refusal cannot be right for the
wrong reason.
"""

from __future__ import annotations

import base64
import datetime
import io
import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from PIL import Image

from clients import calendar_links
from clients import inviting as client_invitations
from clients.models import (
    Absence,
    Appointment,
    BroughtIn,
    Clearance,
    Client,
    ClientInvitation,
    Contact,
    Couple,
    Cover,
    EmergencyAccess,
    PushDevice,
    Supervision,
)
from exercises import answering, drafts
from exercises.assigning import give
from exercises.giving import Giving
from exercises.models import (
    Assignment,
    Edition,
    Exercise,
    Illustration,
    LicenceConfirmation,
    MeasureEntry,
    Occurrence,
    Pause,
    Program,
    Response,
)
from exercises.recurrence import Recurrence
from exercises.vocabulary import Lane
from practice import archives
from practice import inviting as staff_invitations
from practice.ids import uuid7
from practice.models import (
    AccessToken,
    Archive,
    DoneOnce,
    Membership,
    Practice,
    Provider,
    ProviderLink,
    SendingHold,
    SignInDoor,
    SingleSignOn,
    StaffInvitation,
    TwoPersonAct,
    Webhook,
    WebhookDelivery,
)
from practice.tickets import issue
from reports.alerts import Assessment
from reports.alerts import close as close_alert
from reports.models import Alert, Baseline, CaseloadOrder, Letterhead, Report, StandingOrder
from tests import factories
from tests.factories import acting_as, inside
from tests.world_kept import keep_things
from tests.world_parted import part
from tests.world_talk import look_back

#: Long enough that no random token holds one by chance.
CANARY = re.compile(r"zq[a-z]{5,}?qz")

#: Who of a practice may meet a word.
CLINICIANS = ("owner", "supervisor", "therapist", "cover")
STAFF = (*CLINICIANS, "coordinator")
BOTH = ("mara", "theo")
COLLEAGUES = (*STAFF, "colleague")
EVERYBODY = (*COLLEAGUES, "mara", "theo", "stranger", "former")

QUESTIONS: list[dict[str, Any]] = [
    {"key": "close", "type": "scale", "label": "How close", "min": 0, "max": 10, "low": "Far", "high": "Near"},
    {"key": "kept", "type": "yes_no", "label": "Did you keep it"},
    {"key": "when", "type": "single", "label": "When", "options": [
        {"value": "early", "label": "Early"}, {"value": "late", "label": "Late"}]},
    {"key": "which", "type": "multi", "label": "Which", "options": [
        {"value": "a", "label": "One"}, {"value": "b", "label": "Two"}]},
    {"key": "ticks", "type": "checklist", "label": "What was there", "options": [
        {"value": "x", "label": "Laughing"}, {"value": "y", "label": "Listening"}]},
    {"key": "line", "type": "short_text", "label": "One line"},
    {"key": "words", "type": "long_text", "label": "In your words"},
    {"key": "minutes", "type": "number", "label": "Minutes", "min": 0, "max": 600, "unit": "minutes"},
    {"key": "mood", "type": "mood", "label": "Your mood"},
]  # fmt: skip
SAFETY = {"key": "safe", "type": "yes_no", "label": "I feel safe", "private": True, "flag_if": "no"}


def raw(text: str, *, safe: str = "yes") -> dict[str, list[str]]:
    """What somebody typed into the form with every kind of question."""
    return {
        "close": ["7"], "kept": ["yes"], "when": ["late"], "which": ["a", "b"], "ticks": ["x"],
        "line": [f"line {text}"], "words": [f"words {text}"], "minutes": ["20"], "mood": ["4", "calm"],
        "safe": [safe],
    }  # fmt: skip


@dataclass
class House:
    """One practice, its people, and what they gave, answered and planned."""

    prefix: str
    practice: Practice
    people: dict[str, Membership | Client] = field(default_factory=dict)
    couple: Couple = None  # type: ignore[assignment]
    other: Couple = None  # type: ignore[assignment]
    #: What was given, and what came of it, by the short names below.
    given: dict[str, Assignment] = field(default_factory=dict)
    things: dict[str, Any] = field(default_factory=dict)
    canaries: dict[str, frozenset[str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.people[name]

    @property
    def people_in_care(self) -> list[Client]:
        """Everybody who can sign in to the portal, the other one of those who parted, too."""
        return [one for one in self.people.values() if isinstance(one, Client)] + [self.things["ex"]]

    def again(self) -> House:
        """Return the same house with lists of its own, for a test that gives something more."""
        return replace(
            self, given=dict(self.given), things=dict(self.things), canaries=dict(self.canaries), people=self.people
        )

    def word(self, purpose: str, *may: str) -> str:
        """Return a new canary that only these people of this practice may meet."""
        text = f"zq{self.prefix}x{purpose}qz"
        assert CANARY.fullmatch(text), text
        assert text not in self.canaries, text
        self.canaries[text] = frozenset(self.persona(one) for one in may)
        return text

    def word_of(self, purpose: str) -> str:
        """Return a canary that was made before."""
        text = f"zq{self.prefix}x{purpose}qz"
        assert text in self.canaries, text
        return text

    def persona(self, name: str) -> str:
        return name if self.prefix == "home" else f"{self.prefix}_{name}"

    def occurrence(self, name: str, of: str) -> Occurrence:
        """Return the occurrence of one thing that was given, for one person (or for all: ``""``)."""
        with inside(self.practice):
            return Occurrence.objects.select_related("assignment__edition").get(
                assignment=self.given[f"{name}:{of}" if f"{name}:{of}" in self.given else name],
                client=self.people[of] if of else None,
            )


@dataclass
class World:
    home: House
    far: House

    @property
    def canaries(self) -> dict[str, frozenset[str]]:
        return {**self.home.canaries, **self.far.canaries}

    @property
    def personas(self) -> dict[str, Membership | Client]:
        return {house.persona(name): who for house in (self.home, self.far) for name, who in house.people.items()}


def daytime_zone() -> str:
    """A time zone in which the day is neither young nor nearly over: what is given for today is still open."""
    now = timezone.now()
    for name in ("Europe/London", "America/New_York", "Asia/Tokyo", "Australia/Sydney"):
        if 8 <= now.astimezone(ZoneInfo(name)).hour < 20:
            return name
    raise AssertionError("the sun is always up somewhere")


def build_world() -> World:
    return World(build("home"), build("far"))


def build(prefix: str) -> House:
    """Build one practice with everything in it."""
    house = House(prefix, factories.make_practice(time_zone=daytime_zone()))
    _staff(house)
    _couples(house)
    _library(house)
    _given(house)
    _answered(house)
    _planned(house)
    _invited(house)
    _reported(house)
    _measured(house)
    keep_things(house)
    look_back(house)
    part(house)
    return house


def _staff(house: House) -> None:
    for name, role in [
        ("owner", "owner"), ("therapist", "therapist"), ("colleague", "therapist"),
        ("coordinator", "coordinator"), ("ended", "therapist"), ("supervisor", "supervisor"), ("cover", "therapist"),
    ]:  # fmt: skip
        # Clients read who of the practice opened their record; in this world the owner did, too.
        may = EVERYBODY if name in ("therapist", "owner") else (*COLLEAGUES, "stranger")
        member = factories.make_member(house.practice, role, f"Dr {house.word(f'name{name}', *may)}")
        _address(house, member, house.word(f"mail{name}", name))
        house.people[name] = member
    with inside(house.practice):
        Membership.objects.filter(pk=house["ended"].pk).update(ended_at=timezone.now())
        practice = Practice.objects.get(pk=house.practice.pk)
        practice.name = f"{house.word('practice', *EVERYBODY)} House"
        practice.address = house.word("letterhead", *EVERYBODY)
        practice.reply_hours = house.word("hours", *EVERYBODY)
        practice.save()
        house.practice = practice


def _address(house: House, who: Membership | Client, word: str) -> None:
    """Give somebody an address that nobody else may read."""
    from allauth.account.models import EmailAddress

    user = factories.user_of(who)
    user.email = f"{word}@example.org"
    user.save()
    EmailAddress.objects.filter(user=user).update(email=user.email)
    if isinstance(who, Client):
        with inside(house.practice):
            Contact.objects.filter(client=who).update(email=user.email)


def _couples(house: House) -> None:
    seen = (*STAFF, *BOTH)
    house.couple = factories.make_couple(
        house.practice,
        (f"Mara {house.word('namemara', *seen)}", f"Theo {house.word('nametheo', *seen)}"),
        therapist=house["therapist"],
    )
    house.people["mara"], house.people["theo"] = house.couple.clients
    aside = ("owner", "supervisor", "coordinator", "colleague", "stranger")
    house.other = factories.make_couple(
        house.practice,
        (f"Ada {house.word('nameada', *aside)}", f"Ruth {house.word('nameruth', *aside)}"),
        therapist=house["colleague"],
    )
    house.people["stranger"] = house.other.clients[0]
    for name in ("mara", "theo"):
        _address(house, house[name], house.word(f"mail{name}", name, *STAFF))
        with inside(house.practice):
            Client.objects.filter(pk=house[name].pk).update(pronouns=house.word(f"pronouns{name}", *seen))
    _address(house, house["stranger"], house.word("mailstranger", *aside))
    with inside(house.practice):
        house.things["cover"] = Cover.objects.create(membership=house["cover"], couple=house.couple)


def _library(house: House) -> None:
    with inside(house.practice):
        house.things["open"] = make_exercise(house, "open", Lane.SHARED, QUESTIONS)
        house.things["picture"] = Illustration.objects.create(
            exercise=house.things["open"].exercise,
            content_type="image/png",
            data=b"a picture",
            sha256="0" * 64,
            width=2,
            height=1,
        )
        house.things["joint"] = make_exercise(
            house, "joint", Lane.JOINT,
            [QUESTIONS[1], QUESTIONS[6], {**QUESTIONS[5], "each": True}],
        )  # fmt: skip
        house.things["safety"] = make_exercise(house, "safety", Lane.PRIVATE, [*QUESTIONS, SAFETY])
        house.things["mixed"] = make_exercise(house, "mixed", Lane.SHARED, [QUESTIONS[0], QUESTIONS[6], SAFETY])


def make_exercise(
    house: House, slug: str, lane: str, questions: list[dict[str, Any]], scoring: dict[str, Any] | None = None
) -> Edition:
    """An exercise of the practice's own: what is in it may be met by all its staff and by whom it was given."""
    given_to = {"safety": ("mara",), "mixed": (*BOTH, "former")}.get(slug, BOTH)
    may = (*CLINICIANS, "colleague", *given_to)
    title = f"{slug.title()} {house.word(f'title{slug}', *may)}"
    exercise = Exercise.objects.create(
        practice=house.practice, slug=f"{house.prefix}-{slug}", kind="check_in", title=title,
        summary=house.word(f"summary{slug}", *may), themes=[], participation="either", level="gentle",
        minutes=5, lane=lane,
    )  # fmt: skip
    exercise.newest = Edition.objects.create(
        practice=house.practice, exercise=exercise, number=1, title=title, digest=slug,
        content={
            "slug": exercise.slug, "title": title, "reminder_title": "", "kind": "check_in", "themes": [],
            "participation": "together" if lane == Lane.JOINT else "each_alone",
            "cadence": {"words": "weekly", "rule": "FREQ=WEEKLY;BYDAY=SU", "time_of_day": "evening"},
            "minutes": 5, "minutes_estimated": False, "level": "gentle", "summary": exercise.summary,
            "points": [], "steps": [house.word(f"step{slug}", *may)],
            "prompts": ["One", "Two", "Three"] if slug == "safety" else [], "questions": questions,
            "scoring": scoring, "lane": lane, "needs_clearance": False, "caution_codes": [], "cautions": [],
            "adaptations": {},
        },
    )  # fmt: skip
    exercise.save()
    return exercise.newest


def _given(house: House) -> None:
    _clearance(house)
    for name, slug, lane, to, extra in [
        ("shared", "open", Lane.SHARED, BOTH, {}),
        ("mixed", "mixed", Lane.SHARED, BOTH, {}),
        ("sealed", "open", Lane.REVEAL, BOTH, {"opens_by": "all"}),
        ("opened", "open", Lane.REVEAL, BOTH, {"opens_by": "all"}),
        ("joint", "joint", Lane.JOINT, BOTH, {}),
        ("told", "safety", Lane.PRIVATE, ("mara",), {}),
        ("untold", "safety", Lane.PRIVATE, ("mara",), {}),
        ("aside", "safety", Lane.PRIVATE, ("mara",), {}),
        ("own", "open", Lane.OWN, ("mara",), {}),
        ("ahead", "open", Lane.SHARED, BOTH, {"starts_on": today(house) + datetime.timedelta(days=3)}),
        ("waiting", "open", Lane.SHARED, BOTH, {}),
        ("together", "joint", Lane.JOINT, BOTH, {}),
        ("whenever", "open", Lane.SHARED, BOTH, {"due": "on_demand"}),
    ]:
        give_one(house, name, slug, lane, to, **extra)


def give_one(house: House, name: str, slug: str, lane: str, to: Iterable[str], **extra: Any) -> None:
    """Give something as the therapist, with a line that only its people may read."""
    to = tuple(to)
    word = house.word(f"why{name}{''.join(to) if len(to) == 1 else ''}", *CLINICIANS, *to)
    with acting_as(house["therapist"]):
        draft = Giving(
            **{
                "couple": Couple.objects.with_partners().get(pk=house.couple.pk),
                "edition": house.things[slug],
                "clients": tuple(house[one].pk for one in to),
                "lane": lane,
                "why": f"Because {word}",
                "starts_on": today(house),
                "at": datetime.time(23, 30),
                "recurrence": Recurrence.parse("once"),
                **extra,
            }
        )
        for assignment in give(draft, by=house["therapist"]):
            key = name if len(to) > 1 and lane not in (Lane.OWN, Lane.PRIVATE) else f"{name}:{to[0]}"
            house.given[key] = assignment


def today(house: House) -> datetime.date:
    return timezone.localtime(timezone.now(), house.practice.zone).date()


def _clearance(house: House) -> None:
    with acting_as(house["therapist"]):
        house.things["clearance"] = Clearance.objects.create(
            couple=house.couple, recorded_by=house["therapist"], note=house.word("clearance", *CLINICIANS)
        )


def send(house: House, name: str, who: str, text: str, **fields: Any) -> Response:
    """Answer and send, as this person."""
    of = "" if house.given.get(name) is not None and house.given[name].lane == Lane.JOINT else who
    occurrence = house.occurrence(name, of)
    form = occurrence.assignment.edition.form
    typed = {key: parts for key, parts in raw(text, **fields).items() if key in form}
    with acting_as(house[who]):
        return answering.submit(occurrence, author=house[who], raw=typed)


def keep(house: House, name: str, who: str, text: str, *, version: int = 0) -> None:
    """Type and do not send."""
    occurrence = house.occurrence(name, who)
    with acting_as(house[who]):
        drafts.save_draft(occurrence, author=house[who], raw={"words": [text]}, base_version=version)


def _answered(house: House) -> None:
    things = house.things
    for who in BOTH:
        things[f"shared:{who}"] = send(house, "shared", who, house.word(f"shared{who}", *CLINICIANS, *BOTH))
        things[f"opened:{who}"] = send(house, "opened", who, house.word(f"opened{who}", *CLINICIANS, *BOTH))
    for who in BOTH:  # after what has opened: an answer about somebody's safety holds what is sealed
        things[f"mixed:{who}"] = send(
            house, "mixed", who, house.word(f"mixed{who}", *CLINICIANS, *BOTH), safe="no" if who == "mara" else "yes"
        )
    with inside(house.practice):  # and both have looked
        Occurrence.objects.filter(assignment=house.given["opened"]).update(unfolded_at=timezone.now())
    things["joint:mara"] = send(house, "joint", "mara", house.word("jointmara", *CLINICIANS, *BOTH))
    things["sealed:mara"] = send(house, "sealed", "mara", house.word("sealedmara", *CLINICIANS, "mara"))
    things["told:mara"] = send(house, "told", "mara", house.word("toldmara", *CLINICIANS, "mara"), safe="no")
    things["own:mara"] = send(house, "own", "mara", house.word("ownmara", "mara"))
    keep(house, "untold", "mara", house.word("draftmara", "mara"))
    keep(house, "waiting", "theo", house.word("drafttheo", "theo"))
    occurrence = house.occurrence("aside", "mara")
    with acting_as(house["mara"]):
        answering.skip(occurrence, author=house["mara"], reason=house.word("skipmara", *CLINICIANS, "mara"))


def _for_programs(house: House) -> None:
    """A token, and an answer that is kept for one who asks the same again: nobody reads either on a page."""
    house.things["token"] = AccessToken.objects.create(
        membership=house["therapist"],
        user_id=house["therapist"].user_id,
        name=house.word("tokenname", "therapist", "owner"),
        scopes=["couples:read"],
        digest="0" * 64,
        expires_at=timezone.now() + datetime.timedelta(days=30),
    )
    house.things["done_once"] = DoneOnce.objects.create(
        user_id=house["therapist"].user_id,
        key="0" * 64,
        fingerprint="0" * 64,
        status=201,
        answer=json.dumps({"body": house.word("doneonce")}),
    )


def _with_a_provider(house: House) -> None:
    """Single sign-on that is on, and one who is linked. Nobody goes to the provider in these tests."""
    now = timezone.now()
    house.things["single_sign_on"] = SingleSignOn.objects.create(
        issuer="https://provider.invalid", application_id="attune", client_secret=house.word("providersecret"),
        domains=["provider.invalid"], tried_at=now, on_since=now,
    )  # fmt: skip
    house.things["provider_link"] = ProviderLink.objects.create(
        membership=house["colleague"], user_id=house["colleague"].user_id, subject_hash="0" * 64
    )
    SignInDoor.objects.create(practice_id=house.practice.pk, slug=house.practice.slug)


def _planned(house: House) -> None:
    people = calendar_links.of_person
    for name, own in (("therapist", calendar_links.of_member), ("mara", people), ("theo", people)):
        with acting_as(house[name]):
            house.things["calendar"] = calendar_links.renew(own(house[name]))
    with inside(house.practice):
        house.things["device"] = PushDevice.objects.create(
            client=house["mara"], subscription="{}", endpoint_hash=f"of {house.prefix}"
        )
        _for_programs(house)
        _with_a_provider(house)
        # No messages go through it in these tests; its token must be nowhere to read.
        house.things["gateway"] = Provider.objects.create(
            channel="sms",
            kind=Provider.Kind.GATEWAY,
            sender="+447700900900",
            access=json.dumps({"url": "https://texts.invalid", "token": house.word("gatewaytoken"), "secret": "s"}),
        )
        house.things["appointment"] = Appointment.objects.create(
            couple=house.couple, starts_at=timezone.now() + datetime.timedelta(days=2),
            place=house.word("room", *STAFF, *BOTH),
        )  # fmt: skip
        # Far away, so that nothing else of the house rests because of it.
        house.things["pause"] = Pause.objects.create(
            couple=house.couple, deep_only=True, starts_on=today(house) + datetime.timedelta(days=200),
            reason=house.word("pausereason", *CLINICIANS), asked_by=house["mara"],
        )  # fmt: skip
        house.things["alert"] = Alert.objects.filter(couple=house.couple).order_by("raised_at").first()
        alert = Alert.objects.filter(couple=house.couple).order_by("raised_at").last()
        assert alert is not None
    with acting_as(house["therapist"]):
        said = Assessment("watch", ("spoke",), house.word("alertnote", *CLINICIANS))
        close_alert(alert, said, by=house["therapist"])
    with inside(house.practice):
        house.things["absence"] = Absence.objects.create(
            membership=house["therapist"], begins_on=today(house) + datetime.timedelta(days=100),
            ends_on=today(house) + datetime.timedelta(days=101), covered_by=house["owner"], made_by=house["therapist"],
        )  # fmt: skip
        # The owner reads this couple because they cover it; no role does by itself.
        Cover.objects.create(membership=house["owner"], couple=house.couple)
        house.things["supervision"] = Supervision.objects.create(
            supervisor=house["supervisor"], therapist=house["therapist"], granted_by=house["owner"]
        )
        house.things["emergency"] = EmergencyAccess.objects.create(
            membership=house["colleague"], couple=house.couple, why=house.word("emergency", *CLINICIANS),
            opened_at=timezone.now() - datetime.timedelta(hours=2), until=timezone.now() - datetime.timedelta(hours=1),
        )  # fmt: skip
        EmergencyAccess.objects.create(
            membership=house["colleague"], couple=house.couple, why=house.word("emergencybefore", *CLINICIANS),
            opened_at=timezone.now() - datetime.timedelta(days=9), until=timezone.now() - datetime.timedelta(days=9),
            reviewed_by=house["therapist"], reviewed_at=timezone.now() - datetime.timedelta(days=8),
            finding=house.word("emergencyfinding", *CLINICIANS),
        )  # fmt: skip
        house.things["program"] = Program.objects.filter(practice=None).first()
        house.things["program_slug"] = house.things["program"].slug


def _taken_out(house: House) -> None:
    """A file that the therapist asked for of the couple, and one of the owner's."""
    finished = {"size": 1, "sha256": "0" * 64, "finished_at": timezone.now()}
    wish = {"formats": ["csv"], "begins_on": None, "ends_on": None}
    wish |= {"names": False, "private": True, "couples": [str(house.couple.pk)]}
    for name, kind, who, about_id in (
        ("taken_out", Archive.Kind.COUPLE_RECORD, "therapist", house.couple.pk),
        ("taken_out_all", Archive.Kind.MANY_RECORDS, "owner", None),
    ):
        house.things[name] = Archive.objects.create(
            kind=kind,
            user_id=house[who].user_id,
            about_id=about_id,
            details=wish,
            state=Archive.State.DONE,
            expires_at=timezone.now() + datetime.timedelta(days=7),
            **finished,
        )


def _invited(house: House) -> None:
    """A third and a fourth person, both not here yet: a colleague, and a partner of another couple."""
    word = house.word("inviteeaddress", "owner")
    with acting_as(house["owner"]):
        house.things["two_people"] = TwoPersonAct.objects.create(
            act=TwoPersonAct.Act.KEY_DESTRUCTION,
            why=house.word("secondwhy", "owner", "supervisor"),
            asked_by=house["owner"],
        )
        house.things["staff_invitation"] = staff_invitations.invite(
            name=house.word("invitee", "owner"), email=f"{word}@example.org", role="therapist", by=house["owner"]
        )
    with inside(house.practice):
        # Its secret is a key and no word; the canary is in it so that it is noticed where it strays.
        hook = Webhook.objects.create(
            address=f"https://{house.word('hookaddress', 'owner')}.example.org/in",
            events=["report.ready"],
            secret=f"whsec_{house.word('hooksecret')}",
            former_secret=f"whsec_{house.word('hooksecretbefore')}",
            draft="d" * 64,
            paused_at=timezone.now(),
        )
        house.things["webhook"] = hook
        WebhookDelivery.objects.create(
            webhook=hook, event_id=uuid7(), event="test", happened_at=timezone.now(), next_at=timezone.now(),
            state=WebhookDelivery.State.DELIVERED, status=204, attempts=1, finished_at=timezone.now(),
        )  # fmt: skip
        long_ago = timezone.now() - datetime.timedelta(days=400)
        SendingHold.objects.create(
            because=SendingHold.Because.MOVED,
            why=house.word("sendingwhy", "owner", "supervisor"),
            began_at=long_ago,
            began_by=house["owner"],
            released_at=long_ago + datetime.timedelta(days=1),
            released_by=house["owner"],
        )
        house.things["export"] = Archive.objects.create(
            kind=Archive.Kind.PRACTICE_EXPORT,
            user_id=house["owner"].user_id,
            about_id=house.things["two_people"].pk,
            state=Archive.State.DONE,
            size=1,
            sha256="0" * 64,
            finished_at=timezone.now(),
            expires_at=timezone.now() + datetime.timedelta(days=7),
        )
        _taken_out(house)
    with inside(house.practice):
        file = archives.hold(
            Archive.Kind.COUPLES_FILE,
            b"Name 1,Name 2\nLea,Noor\n",
            user_id=house["owner"].user_id,
            lives=datetime.timedelta(days=7),
        )
        house.things["couples_file"] = file
        house.things["brought"] = BroughtIn.objects.create(
            brought_by=house["owner"], fingerprint="0" * 64, rows=1, couples=1, people=2, left_out=0, invited=False
        )
    house.things["couple_of_one"] = alone = factories.make_couple(
        house.practice,
        (f"Una {house.word('nameuna', *STAFF)}", f"Ugo {house.word('nameugo', *STAFF)}"),
        therapist=house["therapist"],
        login=False,
    )
    house.things["una"] = una = alone.clients[0]
    address = house.word("mailuna", *STAFF)
    with inside(house.practice):
        Contact.objects.filter(client=una).update(email=f"{address}@example.org")
    with acting_as(house["therapist"]):
        house.things["client_invitation"] = client_invitations.invite(una, alone, by=house["therapist"])


def tickets(house: House) -> dict[str, str]:
    """The links that were sent, as their tickets alone."""

    def ticket(purpose: str, row: ClientInvitation | StaffInvitation) -> str:
        return issue(purpose, practice_id=house.practice.pk, row_id=row.pk, nonce=row.nonce)

    return {
        "team": ticket(staff_invitations.PURPOSE, house.things["staff_invitation"]),
        "client": ticket(client_invitations.PURPOSE, house.things["client_invitation"]),
    }


def _reported(house: House) -> None:
    """A report of each edition: the partner's own lies in her portal; one was made in one go, one is made ahead."""
    with acting_as(house["therapist"]):
        house.things["standing_order"] = StandingOrder.objects.create(couple=house.couple, made_by=house["therapist"])
        house.things["caseload_order"] = CaseloadOrder.objects.create(
            begins_on=today(house), ends_on=today(house), requested_by=house["therapist"],
            request_key=uuid.uuid4(), couples=[house.couple.pk],
        )  # fmt: skip
        both = [client.pk for client in house.couple.clients]
        for audience in ("clinical", "shared", "partner"):
            own = {"partner": house["mara"], "readers": [house["mara"].pk], "released_at": timezone.now()}
            in_one_go = {"caseload_order": house.things["caseload_order"]}
            house.things[f"report:{audience}"] = Report.objects.create(
                couple=house.couple, audience=audience, begins_on=today(house), ends_on=today(house),
                people=[] if audience == "clinical" else both,
                summary=house.word(f"summary{audience}", *CLINICIANS), requested_by=house["therapist"],
                request_key=uuid.uuid4(), reference=f"{house.prefix}-{audience}", state=Report.State.DONE,
                finished_at=timezone.now(), pdf=base64.b64encode(b"%PDF-1.7 not printed yet").decode(),
                **({"partner": own, "clinical": in_one_go}.get(audience, {})),
            )  # fmt: skip
    with inside(house.practice):
        Letterhead.objects.create(logo=a_logo(), colour="#1f4044")


def a_logo() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (8, 4), "white").save(picture, "PNG")
    return picture.getvalue()


def _measured(house: House) -> None:
    """A score that the therapist entered for one partner alone, and a licence of the practice."""
    with acting_as(house["therapist"]):
        house.things["measure_entry"] = MeasureEntry.objects.create(
            couple=house.couple, client=house["mara"], measure="phq9", definition_version="1", total=12,
            taken_on=today(house), entered_by=house["therapist"], note=house.word("measurenote", *CLINICIANS),
        )  # fmt: skip
        house.things["baseline"] = Baseline.objects.create(
            couple=house.couple, client=house["mara"], measure="phq9", begins_on=today(house),
            reason=house.word("baselinewhy", *CLINICIANS), set_by=house["therapist"],
        )  # fmt: skip
        LicenceConfirmation.objects.create(
            measure="rdas", reference=house.word("licence", *CLINICIANS, "colleague"), confirmed_by=house["therapist"]
        )
