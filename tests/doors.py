"""The table of doors: every address of Attune, for whom it opens, and what stands behind it.

An address that is not in this table fails the build. Add a line with the kind of people it is for; the matrix
of roles and refusals in ``test_doors.py`` follows from it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from clients import stopping
from exercises.models import Draft
from practice.models import Message
from tests.factories import acting_as, inside
from tests.world import House, tickets

#: Everybody who comes to a door, besides those who did not sign in. The far ones belong to the neighbour.
PERSONAS = (
    "owner", "supervisor", "therapist", "cover", "colleague", "coordinator", "ended",
    "mara", "theo", "stranger", "former", "far_owner", "far_supervisor", "far_therapist", "far_cover",
    "far_coordinator", "far_mara",
)  # fmt: skip
CLIENTS = ("mara", "theo", "stranger", "former", "far_mara")
ANONYMOUS = "anonymous"


@dataclass(frozen=True)
class Kind:
    """For whom a door is. ``who`` are the personas that come in; ``signed_in`` is False for public ones."""

    name: str
    who: frozenset[str]
    signed_in: bool = True


def _kind(name: str, *who: str, signed_in: bool = True) -> Kind:
    return Kind(name, frozenset(who), signed_in)


PUBLIC = _kind("public", ANONYMOUS, *PERSONAS, signed_in=False)
ACCOUNT = _kind("anybody's own account", *PERSONAS)
#: Those of the practice who read answers: of the couple's own, and of any couple.
OF_THE_COUPLE = ("owner", "supervisor", "therapist", "cover")
CLINICAL_STAFF = (*OF_THE_COUPLE, "colleague")
FAR_CLINICIANS = ("far_owner", "far_supervisor", "far_therapist", "far_cover")
STAFF = _kind("any staff", *CLINICAL_STAFF, "coordinator", *FAR_CLINICIANS, "far_coordinator")
CLINICIANS = _kind("clinicians", *CLINICAL_STAFF, *FAR_CLINICIANS)
HOME_CLINICIANS = _kind("clinicians of the practice", *CLINICAL_STAFF)
OWNERS = _kind("owners", "owner", "far_owner")
AUTHOR = _kind("what its author alone reads", "therapist")
TREATS = _kind("whose couple it is", "therapist")
LEADS = _kind("who may be the second person", "owner", "supervisor", "far_owner", "far_supervisor")
HOME_LEADS = _kind("who may be the practice's second person", "owner", "supervisor")
HOME_ABSENT = _kind("who is away, and the owner", "owner", "therapist")
HOME_OWNER = _kind("the practice's own owner", "owner")
CLINICAL = _kind("one couple's clinical page", *OF_THE_COUPLE)
OFFICE = _kind("one couple's office page", *OF_THE_COUPLE, "coordinator")
SHARES_OUT = _kind("who says whose couples are whose", "owner", "coordinator", "far_owner", "far_coordinator")
OFFICE_OF_ONE = _kind("an office page that nobody covers", "owner", "supervisor", "therapist", "coordinator")
THERAPISTS_BOSS = _kind("who decides on caseloads", "owner", "coordinator")
PORTAL = _kind("portal", "mara", "theo", "stranger", "former", "far_mara")
IN_CARE = _kind("portal, while in care", "mara", "theo", "stranger", "far_mara")
MARA = _kind("one person's own", "mara")
THEO = _kind("what was handed to one person", "theo")
PICTURED = _kind("who may see a practice's pictures", *CLINICAL_STAFF, "mara", "theo")
COUPLE = _kind("what both partners have", "mara", "theo")
ASKED = _kind("who asked for it", "therapist")
NOBODY = _kind("the demo's only, or behind a secret of the installation's", signed_in=False)


@dataclass(frozen=True)
class Door:
    """One address: its kind, what it needs, and how it answers a plain GET by those it is for."""

    kind: Kind
    kwargs: Callable[[House], dict[str, Any]] = lambda house: {}
    get: frozenset[int] = frozenset({200})
    #: Without a token a POST is refused everywhere, but for these: a beacon, a mailbox's one click.
    token: bool = True

    def path(self, name: str, house: House) -> str:
        return reverse(name, kwargs=self.kwargs(house))

    def elsewhere(self, name: str, house: House) -> str:
        """Return the same address about something that exists nowhere."""
        return reverse(name, kwargs={key: _nowhere(value) for key, value in self.kwargs(house).items()})

    @property
    def about_something(self) -> bool:
        return self.kwargs is not Door.kwargs


def _nowhere(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return uuid.uuid4()
    return "nothing-of-this-name" if isinstance(value, str) else value


SENDS = frozenset({405})
LEADS_ON = frozenset({302})
EITHER = frozenset({200, 302})
#: Of an address for programs: in the browser it wants somebody to sign in once more first.
AFTER_A_FRESH_SIGN_IN = frozenset({403})


def couple(house: House) -> dict[str, Any]:
    return {"pk": house.couple.pk}


def couple_id(house: House) -> dict[str, Any]:
    return {"couple_id": house.couple.pk}


def partner(house: House) -> dict[str, Any]:
    return {"couple_pk": house.couple.pk, "pk": house["mara"].pk}


def invited(house: House) -> dict[str, Any]:
    return {"couple_pk": house.things["couple_of_one"].pk, "pk": house.things["una"].pk}


def invited_one(house: House) -> dict[str, Any]:
    return {"couple_id": house.things["couple_of_one"].pk, "client_id": house.things["una"].pk}


def private_of(house: House) -> dict[str, Any]:
    return {"couple_id": house.couple.pk, "client_id": house["mara"].pk}


def thing(argument: str, name: str) -> Callable[[House], dict[str, Any]]:
    return lambda house: {argument: house.things[name].pk}


def of_couple(argument: str, name: str) -> Callable[[House], dict[str, Any]]:
    return lambda house: {"couple_id": house.couple.pk, argument: house.things[name].pk}


def closing(house: House) -> dict[str, Any]:
    return {"couple_id": house.couple.pk, "kind": "closing"}


def response(name: str) -> Callable[[House], dict[str, Any]]:
    return lambda house: {"couple_id": house.couple.pk, "response_id": house.things[name].pk}


def occurrence(name: str, of: str, **more: Any) -> Callable[[House], dict[str, Any]]:
    return lambda house: {"occurrence_id": house.occurrence(name, of).pk, **more}


def draft_of(house: House, name: str, of: str) -> Draft:
    one = house.occurrence(name, of)
    with acting_as(house[of]):
        return Draft.objects.get(occurrence=one)


def given(name: str) -> Callable[[House], dict[str, Any]]:
    return lambda house: {"couple_id": house.couple.pk, "assignment_id": house.given[name].pk}


def alert(house: House) -> dict[str, Any]:
    return {"couple_id": house.couple.pk, "alert_id": house.things["alert"].pk}


def run_of(house: House) -> dict[str, Any]:
    return {"couple_id": house.couple.pk, "run_id": house.things["run"].pk}


def file_of(name: str) -> Callable[[House], dict[str, Any]]:
    return lambda house: {"couple_id": house.couple.pk, "file_id": house.things[name].pk}


def round_of(name: str, of: str) -> Callable[[House], dict[str, Any]]:
    return lambda house: {**given(name)(house), "slot": house.occurrence(name, of).slot}


def reveal(house: House) -> dict[str, Any]:
    return {**given("sealed")(house), "slot": house.occurrence("sealed", "mara").slot}


def own_exercise(house: House) -> dict[str, Any]:
    return {"slug": f"{house.prefix}-open"}


def own_edition(house: House) -> dict[str, Any]:
    return {"edition_id": house.given["waiting"].edition_id}


def own_question(house: House) -> dict[str, Any]:
    return {**own_exercise(house), "key": "close"}


def ticket(name: str) -> Callable[[House], dict[str, Any]]:
    return lambda house: {"ticket": tickets(house)[name]}


def measure_entry(house: House) -> dict[str, Any]:
    return {"couple_id": house.couple.pk, "entry_id": house.things["measure_entry"].pk}


def report(house: House) -> dict[str, Any]:
    return {"couple_id": house.couple.pk, "report_id": house.things["report:clinical"].pk}


def caseload_order(house: House) -> dict[str, Any]:
    return {"order_id": house.things["caseload_order"].pk}


def provider_page(house: House) -> dict[str, Any]:
    return {"slug": house.practice.slug}


def reminder_of(house: House) -> uuid.UUID:
    """A reminder of Mara's, whose link her letter holds."""
    with inside(house.practice):
        return Message.objects.filter(person_id=house["mara"].pk, kind="reminder").order_by("pk")[0].pk


def stop_of(house: House) -> str:
    return stopping.token(stopping.Stop(house.practice.pk, house["mara"].pk, "email", "reminders"))


DOORS: dict[str, Door] = {
    # practice
    "home": Door(PUBLIC, get=EITHER),
    "choose": Door(ACCOUNT),
    "leave": Door(PUBLIC, get=LEADS_ON, token=False),
    "sign_ins": Door(ACCOUNT, get=LEADS_ON),
    "sign_ins_end_others": Door(ACCOUNT, get=SENDS),
    "sign_in_end": Door(ACCOUNT, lambda house: {"pk": uuid.UUID(int=7)}, get=SENDS),
    "still_here": Door(ACCOUNT, get=SENDS),
    "rest": Door(ACCOUNT, get=SENDS),
    "kept_form": Door(ACCOUNT, get=LEADS_ON),
    "closed": Door(ACCOUNT, get=LEADS_ON),
    "sign_up": Door(PUBLIC, get=EITHER),
    "api_docs": Door(PUBLIC),
    "api_schema": Door(PUBLIC),
    "join_team": Door(PUBLIC, ticket("team")),
    "join_by_provider": Door(PUBLIC, ticket("team"), get=LEADS_ON),
    "sign_in_by_address": Door(PUBLIC),
    "provider_sign_in": Door(PUBLIC, provider_page, get=EITHER),
    "provider_back": Door(PUBLIC, provider_page, get=frozenset({403})),
    "provider_again": Door(ACCOUNT, get=LEADS_ON),
    "provider_limits": Door(ACCOUNT, get=LEADS_ON),
    "provider_links": Door(ACCOUNT, get=LEADS_ON),
    "provider_link": Door(ACCOUNT, lambda house: {"practice_id": house.practice.pk}, get=SENDS),
    "provider_unlink": Door(ACCOUNT, lambda house: {"practice_id": house.practice.pk}, get=SENDS),
    "account": Door(STAFF),
    "access_tokens": Door(STAFF, get=LEADS_ON),
    "access_token_end": Door(STAFF, lambda house: {"pk": uuid.UUID(int=7)}, get=SENDS),
    "practice_settings": Door(OWNERS),
    "single_sign_on": Door(OWNERS, get=LEADS_ON),
    "single_sign_on_try": Door(OWNERS, get=SENDS),
    "single_sign_on_switch": Door(OWNERS, get=SENDS),
    "single_sign_on_prove": Door(OWNERS, get=SENDS),
    "single_sign_on_unlink": Door(HOME_OWNER, thing("pk", "provider_link"), get=SENDS),
    "second_person": Door(LEADS),
    "practice_export": Door(OWNERS, get=LEADS_ON),
    "practice_export_file": Door(HOME_OWNER, thing("pk", "export"), get=LEADS_ON),
    "practice_export_end": Door(HOME_OWNER, thing("pk", "export"), get=SENDS),
    "webhooks": Door(OWNERS, get=LEADS_ON),
    "webhook": Door(HOME_OWNER, thing("pk", "webhook"), get=LEADS_ON),
    **{
        f"webhook_{act}": Door(HOME_OWNER, thing("pk", "webhook"), get=SENDS)
        for act in ("renew", "test", "pause", "resume", "delete")
    },
    "sending": Door(OWNERS),
    "sending_release": Door(OWNERS, get=SENDS),
    "second_person_act": Door(HOME_LEADS, thing("pk", "two_people"), get=SENDS),
    "staff_invite": Door(OWNERS, get=SENDS),
    "staff_invitation_resend": Door(HOME_OWNER, thing("pk", "staff_invitation"), get=SENDS),
    "staff_invitation_withdraw": Door(HOME_OWNER, thing("pk", "staff_invitation"), get=SENDS),
    "member_role": Door(HOME_OWNER, lambda house: {"pk": house["colleague"].pk}, get=SENDS),
    "member_end": Door(HOME_OWNER, lambda house: {"pk": house["colleague"].pk}),
    "demo_mail": Door(NOBODY),
    "demo_mail_one": Door(NOBODY, lambda house: {"pk": "1"}),
    "demo_mail_html": Door(NOBODY, lambda house: {"pk": "1"}),
    "demo_text_answer": Door(NOBODY, lambda house: {"pk": "1"}, get=SENDS),
    "duty": Door(OWNERS),
    "capabilities": Door(OWNERS),
    "supervision_end": Door(HOME_OWNER, thing("pk", "supervision"), SENDS),
    "emergency": Door(CLINICIANS),
    "sight": Door(CLINICIANS),
    "emergency_end": Door(HOME_OWNER, thing("pk", "emergency"), SENDS),
    "emergency_review": Door(HOME_ABSENT, thing("pk", "emergency"), SENDS),
    "away": Door(CLINICIANS),
    "away_end": Door(HOME_ABSENT, lambda house: {"pk": house.things["absence"].pk}, SENDS),
    "delivery": Door(OWNERS),
    "delivery_new_server": Door(OWNERS),
    "delivery_new_service": Door(OWNERS),
    "delivery_new_gateway": Door(OWNERS),
    "delivery_edit": Door(HOME_OWNER, thing("pk", "gateway")),
    "delivery_hook": Door(HOME_OWNER, thing("pk", "gateway"), get=SENDS),
    "delivery_first": Door(HOME_OWNER, thing("pk", "gateway"), get=SENDS),
    "delivery_end": Door(HOME_OWNER, thing("pk", "gateway"), get=SENDS),
    "delivery_try": Door(HOME_OWNER, lambda house: {"key": str(house.things["gateway"].pk)}, get=SENDS),
    "healthz": Door(PUBLIC, token=False),
    "readyz": Door(PUBLIC, token=False),
    "metrics": Door(NOBODY),
    "mail_hook": Door(PUBLIC, get=SENDS, token=False),
    "mail_hook_own": Door(PUBLIC, thing("provider_id", "gateway"), get=SENDS, token=False),
    "texts_came": Door(PUBLIC, get=SENDS, token=False),
    "texts_came_of": Door(PUBLIC, lambda house: {"provider_id": house.couple.pk}, get=SENDS, token=False),
    # clients
    "join": Door(PUBLIC, ticket("client")),
    "welcome": Door(PORTAL, get=LEADS_ON),
    "welcome_step": Door(PORTAL, lambda house: {"step": "limits"}, get=LEADS_ON),
    "portal_you": Door(PORTAL),
    "service_worker": Door(PUBLIC),
    "manifest": Door(PUBLIC),
    "portal_devices": Door(PORTAL),
    "portal_device_here": Door(PORTAL),
    "portal_device_end": Door(MARA, thing("pk", "device"), get=SENDS),
    "portal_code": Door(PORTAL),
    "portal_code_forget": Door(PORTAL, get=SENDS),
    "portal_reach": Door(PORTAL),
    "portal_reach_try": Door(PORTAL, get=SENDS),
    "portal_number": Door(PORTAL),
    "portal_number_forget": Door(PORTAL, get=SENDS),
    "portal_address_again": Door(PORTAL, get=SENDS),
    "portal_proof": Door(PORTAL, get=EITHER),
    "portal_messages": Door(PORTAL),
    "portal_record": Door(PORTAL),
    "portal_erasure": Door(PORTAL, get=LEADS_ON),
    "retention": Door(OWNERS),
    "retention_record": Door(HOME_OWNER, lambda house: {"pk": house["former"].pk}, LEADS_ON),
    "practice_trail": Door(OWNERS),
    "open": Door(PORTAL, lambda house: {"message_id": reminder_of(house)}, get=LEADS_ON),
    "stop": Door(PUBLIC, lambda house: {"token": stop_of(house)}, token=False),
    "calendar": Door(PUBLIC, lambda house: {"secret": house.things["calendar"]}),
    "portal_calendar": Door(PORTAL),
    "staff_calendar": Door(CLINICIANS),
    "portal_care": Door(PORTAL),
    "portal_end": Door(PORTAL, get=LEADS_ON),
    "portal_take_back": Door(PORTAL, lambda house: {"about": "care"}),
    "portal_copy": Door(PORTAL, get=LEADS_ON),
    "portal_copy_take": Door(PORTAL, get=SENDS),
    "portal_copy_away": Door(PORTAL, get=SENDS),
    "portal_kept": Door(PORTAL),
    "portal_kept_one": Door(MARA, thing("pk", "shared:mara")),
    "portal_help": Door(PUBLIC),
    "portal_limits": Door(PUBLIC),
    "couple_new": Door(STAFF),
    "bring_in": Door(SHARES_OUT),
    "bring_columns": Door(HOME_OWNER, thing("pk", "couples_file")),
    "bring_look": Door(HOME_OWNER, thing("pk", "couples_file"), get=LEADS_ON),
    "bring_away": Door(HOME_OWNER, thing("pk", "couples_file"), get=SENDS),
    "bring_record": Door(THERAPISTS_BOSS, thing("pk", "brought")),
    "bring_undo": Door(THERAPISTS_BOSS, thing("pk", "brought"), get=SENDS),
    "couple_status": Door(OFFICE, couple),
    "couple_apart": Door(CLINICAL, couple),
    "couple_apart_noted": Door(CLINICAL, couple, get=SENDS),
    "couple_leave": Door(CLINICAL, partner, get=SENDS),
    "couple_alone": Door(TREATS, partner, get=SENDS),
    "couple_therapists": Door(THERAPISTS_BOSS, couple),
    "appointment_new": Door(OFFICE, couple),
    "appointments": Door(OFFICE, couple),
    "appointment_edit": Door(OFFICE, thing("pk", "appointment")),
    "appointment_act": Door(OFFICE, thing("pk", "appointment"), get=SENDS),
    "appointment_cancel": Door(OFFICE, thing("pk", "appointment"), get=SENDS),
    "clearance_record": Door(CLINICAL, couple),
    "clearance_withdraw": Door(CLINICAL, couple, get=SENDS),
    "client_edit": Door(OFFICE, partner),
    "safe_contact": Door(CLINICAL, partner),
    "client_met": Door(CLINICAL, partner, get=SENDS),
    "invitation_send": Door(OFFICE, invited, get=SENDS),
    "invitation_withdraw": Door(OFFICE, invited, get=SENDS),
    # the desk
    "desk": Door(STAFF, get=EITHER),
    "couples": Door(STAFF),
    "couple": Door(OFFICE, couple_id),
    "couple_private": Door(CLINICAL, private_of),
    "read_all": Door(CLINICAL, couple_id, get=SENDS),
    "read_all_private": Door(CLINICAL, private_of, get=SENDS),
    "response": Door(CLINICAL, response("shared:mara")),
    "read": Door(CLINICAL, response("shared:mara"), get=SENDS),
    "response_private": Door(CLINICAL, response("told:mara")),
    "read_private": Door(CLINICAL, response("told:mara"), get=SENDS),
    "shared_screen_begin": Door(CLINICAL, couple_id),
    "shared_screen": Door(CLINICIANS, get=LEADS_ON),
    "shared_screen_end": Door(CLINICIANS, get=LEADS_ON),
    "assign": Door(CLINICAL, couple_id),
    "assign_many": Door(CLINICAL, couple_id, get=SENDS),
    "assign_preview": Door(CLINICAL, couple_id, get=SENDS),
    "plan": Door(CLINICAL, given("waiting")),
    "plan_edit": Door(CLINICAL, given("waiting")),
    "plan_reminders": Door(CLINICAL, given("waiting")),
    "plan_preview": Door(CLINICAL, given("waiting"), get=SENDS),
    "plan_act": Door(CLINICAL, given("waiting"), get=SENDS),
    "plan_round": Door(CLINICAL, round_of("waiting", "theo")),
    "rests": Door(CLINICAL, couple_id),
    "rests_one": Door(CLINICAL, given("waiting")),
    "rest_act": Door(CLINICAL, of_couple("pause_id", "pause"), get=SENDS),
    "take_back": Door(CLINICAL, given("waiting")),
    "open_reveal": Door(CLINICAL, reveal),
    "kept": Door(CLINICAL, couple_id),
    "kept_open": Door(
        CLINICAL, lambda house: {"couple_id": house.couple.pk, "entry_id": house.things["shared_page"].pk}, get=SENDS
    ),
    "kept_private": Door(CLINICAL, private_of),
    "kept_note": Door(CLINICAL, private_of, get=SENDS),
    "desk_file": Door(CLINICAL, file_of("shared_file")),
    "assignment_file": Door(CLINICAL, given("waiting"), get=SENDS),
    "assignment_file_remove": Door(CLINICAL, file_of("given_file"), get=SENDS),
    "library": Door(CLINICIANS),
    "exercise": Door(HOME_CLINICIANS, own_exercise),
    "exercise_preview": Door(HOME_CLINICIANS, own_exercise),
    "import_form": Door(CLINICIANS),
    "import_review": Door(CLINICIANS, get=LEADS_ON),
    "import_sheet": Door(CLINICIANS, get=LEADS_ON),
    "import_library": Door(CLINICIANS, get=LEADS_ON),
    "share_library": Door(CLINICIANS),
    "exercise_safety": Door(HOME_CLINICIANS, own_exercise, get=LEADS_ON),
    "exercise_fhir": Door(HOME_CLINICIANS, own_exercise),
    "record_of_partner": Door(CLINICAL, private_of),
    "import_answers": Door(CLINICAL, private_of, get=SENDS),
    "record_fhir": Door(CLINICAL, private_of, get=SENDS),
    "record_copy": Door(CLINICAL, private_of, get=LEADS_ON),
    "record_copy_take": Door(CLINICAL, private_of, get=SENDS),
    "take_out": Door(CLINICAL, couple_id, get=LEADS_ON),
    "take_out_file": Door(ASKED, of_couple("archive_id", "taken_out"), get=LEADS_ON),
    "take_out_end": Door(ASKED, of_couple("archive_id", "taken_out"), get=SENDS),
    "take_out_all": Door(OWNERS, get=LEADS_ON),
    "take_out_all_file": Door(HOME_OWNER, thing("archive_id", "taken_out_all"), get=LEADS_ON),
    "take_out_all_end": Door(HOME_OWNER, thing("archive_id", "taken_out_all"), get=SENDS),
    "assign_exercise": Door(HOME_CLINICIANS, own_exercise),
    "write_new": Door(CLINICIANS),
    "shelves": Door(CLINICIANS),
    "exercise_adapt": Door(HOME_CLINICIANS, own_exercise),
    "exercise_shelf": Door(HOME_CLINICIANS, own_exercise, get=SENDS),
    "exercise_editions": Door(HOME_CLINICIANS, own_exercise),
    "exercise_retire": Door(HOME_CLINICIANS, own_exercise, get=SENDS),
    "write": Door(HOME_CLINICIANS, own_exercise),
    "write_words": Door(HOME_CLINICIANS, own_exercise),
    "write_question": Door(HOME_CLINICIANS, own_question),
    "write_picture": Door(HOME_CLINICIANS, own_question, get=SENDS),
    "write_scores": Door(HOME_CLINICIANS, own_exercise),
    "write_languages": Door(HOME_CLINICIANS, own_exercise),
    "write_language": Door(HOME_CLINICIANS, lambda house: {**own_exercise(house), "language": "de"}, get=LEADS_ON),
    "write_check": Door(HOME_CLINICIANS, own_exercise),
    "write_updates": Door(HOME_CLINICIANS, own_exercise),
    "write_preview": Door(HOME_CLINICIANS, own_exercise),
    "write_act": Door(HOME_CLINICIANS, own_exercise, get=SENDS),
    "programs": Door(CLINICIANS),
    "program_new": Door(CLINICIANS),
    "program_edit": Door(HOME_CLINICIANS, lambda house: {"slug": house.things["own_program"].slug}),
    "program_retire": Door(HOME_CLINICIANS, lambda house: {"slug": house.things["own_program"].slug}, get=SENDS),
    "program_begin": Door(CLINICAL, lambda house: {"couple_id": house.couple.pk, "slug": house.things["program_slug"]}),
    "program_run": Door(CLINICAL, run_of),
    "program_act": Door(CLINICAL, run_of, get=SENDS),
    "program": Door(CLINICIANS, lambda house: {"slug": house.things["program_slug"]}),
    "measures": Door(CLINICIANS),
    "measure": Door(CLINICIANS, lambda house: {"key": "phq9"}),
    "measures_of_couple": Door(CLINICAL, couple_id),
    "measure_enter": Door(CLINICAL, lambda house: {**private_of(house), "key": "phq9"}),
    "measure_correct": Door(CLINICAL, measure_entry),
    "measure_take_back": Door(CLINICAL, measure_entry),
    # reports
    "portal_lately": Door(PORTAL),
    "portal_showing": Door(PORTAL, get=SENDS),
    "shown": Door(CLINICAL, couple_id),
    "shown_act": Door(CLINICAL, couple_id, get=SENDS),
    "shown_preview": Door(CLINICAL, private_of),
    "measures_of_partner": Door(CLINICAL, private_of),
    "metrics_of_couple": Door(CLINICAL, couple_id),
    "measures_together": Door(CLINICAL, couple_id),
    "measure_baseline": Door(CLINICAL, lambda house: {**private_of(house), "key": "phq9"}),
    "reports": Door(CLINICIANS),
    "report_verify": Door(CLINICIANS),
    "caseload_new": Door(CLINICIANS),
    "caseload_order": Door(ASKED, caseload_order),
    "caseload_again": Door(ASKED, caseload_order, get=SENDS),
    "caseload_files": Door(ASKED, caseload_order),
    "letterhead": Door(OWNERS),
    "letterhead_logo": Door(OWNERS),
    "letterhead_colour": Door(CLINICIANS, lambda house: {"colour": "1f4044"}),
    "portal_documents": Door(PORTAL),
    "portal_document": Door(MARA, thing("report_id", "report:partner")),
    "progress_of_couple": Door(CLINICAL, couple_id),
    "reports_of_couple": Door(CLINICAL, couple_id),
    "report_new": Door(CLINICAL, couple_id),
    "report_preview": Door(CLINICAL, couple_id, get=SENDS),
    "report_draft": Door(CLINICAL, couple_id, get=SENDS),
    "report_of_kind": Door(CLINICAL, closing),
    "report_of_kind_preview": Door(CLINICAL, closing, get=SENDS),
    "report_of_kind_draft": Door(CLINICAL, closing, get=SENDS),
    "report_hand_over": Door(CLINICAL, report, get=SENDS),
    "report_take_back": Door(CLINICAL, report, get=SENDS),
    "standing_new": Door(CLINICAL, couple_id),
    "standing_end": Door(CLINICAL, of_couple("order_id", "standing_order"), get=SENDS),
    "report": Door(CLINICAL, report),
    "report_again": Door(CLINICAL, report, get=SENDS),
    "report_download": Door(CLINICAL, report),
    "open_alerts": Door(CLINICIANS),
    "signs": Door(CLINICAL, lambda house: {"couple_id": house.couple.pk}),
    "alert": Door(CLINICAL, alert),
    # looking back
    "session_sheet": Door(CLINICAL, couple_id),
    "session_sheet_of": Door(CLINICAL, of_couple("appointment_id", "appointment")),
    "review": Door(CLINICIANS),
    "review_of_couple": Door(CLINICAL, couple_id),
    "review_private": Door(CLINICAL, private_of),
    "reviewed": Door(CLINICAL, response("shared:mara"), get=SENDS),
    "reviewed_private": Door(CLINICAL, response("told:mara"), get=SENDS),
    "bring": Door(CLINICAL, response("shared:mara"), get=SENDS),
    "bring_private": Door(CLINICAL, response("told:mara"), get=SENDS),
    "comment": Door(CLINICAL, response("shared:mara")),
    "comment_private": Door(CLINICAL, response("told:mara")),
    "threads_of_couple": Door(CLINICAL, couple_id),
    "thread_new": Door(CLINICAL, couple_id),
    "thread": Door(CLINICAL, of_couple("thread_id", "thread_alone")),
    "thread_state": Door(CLINICAL, of_couple("thread_id", "thread_alone"), get=SENDS),
    "threads_private": Door(CLINICAL, private_of),
    "thread_new_private": Door(CLINICAL, private_of),
    "goals_of_couple": Door(CLINICAL, couple_id),
    "goal_new": Door(CLINICAL, couple_id),
    "goal_edit": Door(CLINICAL, of_couple("goal_id", "goal_alone")),
    "goal_end": Door(CLINICAL, of_couple("goal_id", "goal_alone"), get=SENDS),
    "couple_phase": Door(CLINICAL, couple_id, get=SENDS),
    "goals_private": Door(CLINICAL, private_of),
    "goal_new_private": Door(CLINICAL, private_of),
    "notes_of_couple": Door(CLINICAL, couple_id),
    "note": Door(CLINICAL, of_couple("note_id", "note")),
    "note_state": Door(CLINICAL, of_couple("note_id", "note"), get=SENDS),
    "psychotherapy_notes": Door(CLINICAL, couple_id),
    "psychotherapy_note": Door(AUTHOR, of_couple("note_id", "psychotherapy_note")),
    "psychotherapy_note_away": Door(AUTHOR, of_couple("note_id", "psychotherapy_note"), get=SENDS),
    "agenda_add": Door(CLINICAL, couple_id),
    "agenda_done": Door(CLINICAL, of_couple("item_id", "agenda"), get=SENDS),
    "agenda_add_private": Door(CLINICAL, private_of),
    "timeline": Door(CLINICAL, couple_id),
    "timeline_private": Door(CLINICAL, private_of),
    "portal_talk": Door(PORTAL),
    "portal_thread_new": Door(IN_CARE),
    "portal_thread": Door(MARA, thing("thread_id", "thread_alone")),
    "portal_thread_seen": Door(MARA, thing("thread_id", "thread_alone"), get=SENDS),
    "portal_goals": Door(PORTAL),
    "portal_goal_new": Door(IN_CARE),
    "portal_goal": Door(MARA, thing("goal_id", "goal_alone")),
    # the portal
    "portal_today": Door(PORTAL),
    "portal_begin": Door(COUPLE, lambda house: {"assignment_id": house.given["whenever"].pk}, get=SENDS),
    "portal_rest": Door(IN_CARE),
    "portal_together": Door(PORTAL),
    "portal_opened": Door(COUPLE, occurrence("opened", "mara")),
    "do": Door(MARA, occurrence("untold", "mara")),
    "do_question": Door(MARA, occurrence("untold", "mara", number=1)),
    "do_save": Door(MARA, occurrence("untold", "mara"), get=SENDS),
    "do_check": Door(MARA, occurrence("untold", "mara")),
    "do_send": Door(MARA, occurrence("untold", "mara"), get=LEADS_ON),
    "do_sent": Door(MARA, occurrence("told", "mara")),
    "do_amend": Door(MARA, occurrence("told", "mara"), get=SENDS),
    "illustration": Door(PICTURED, lambda house: {"illustration_id": house.things["picture"].pk}),
    "do_skip": Door(MARA, occurrence("untold", "mara")),
    # doing it together
    "do_steps": Door(MARA, occurrence("untold", "mara")),
    "do_steps_move": Door(MARA, occurrence("untold", "mara"), get=SENDS),
    "do_steps_state": Door(MARA, occurrence("untold", "mara")),
    "do_paper": Door(MARA, occurrence("untold", "mara")),
    "do_cards": Door(MARA, occurrence("untold", "mara")),
    "do_cards_draw": Door(MARA, occurrence("untold", "mara"), get=SENDS),
    "do_ready": Door(MARA, occurrence("sealed", "mara"), get=SENDS),
    "portal_unfold": Door(COUPLE, occurrence("opened", "mara"), get=SENDS),
    "do_pass": Door(MARA, occurrence("told", "mara"), get=SENDS),
    "pass": Door(PUBLIC, get=LEADS_ON),
    "pass_end": Door(PUBLIC),
    "do_after": Door(MARA, occurrence("told", "mara")),
    "do_file": Door(MARA, occurrence("untold", "mara"), get=SENDS),
    "do_file_remove": Door(MARA, thing("file_id", "draft_file"), get=SENDS),
    "portal_over_time": Door(COUPLE, lambda house: {"assignment_id": house.given["opened"].pk}),
    "portal_agreement_new": Door(IN_CARE),
    "portal_agreement": Door(COUPLE, thing("agreement_id", "agreement")),
    "portal_agreement_change": Door(COUPLE, thing("agreement_id", "agreement")),
    "portal_agreement_away": Door(COUPLE, thing("agreement_id", "agreement"), get=SENDS),
    "portal_agreement_yes": Door(COUPLE, thing("version_id", "agreement_version"), get=SENDS),
    "portal_agreement_not_any_more": Door(COUPLE, thing("version_id", "agreement_version"), get=SENDS),
    "portal_space": Door(PORTAL),
    "portal_space_new": Door(IN_CARE),
    "portal_space_entry": Door(MARA, thing("entry_id", "own_page")),
    "portal_space_release": Door(MARA, thing("entry_id", "own_page"), get=SENDS),
    "portal_space_take_back": Door(MARA, thing("entry_id", "own_page"), get=SENDS),
    "portal_space_tear_out": Door(MARA, thing("entry_id", "own_page")),
    "portal_space_shared": Door(THEO, thing("entry_id", "shared_page")),
    "portal_space_file": Door(MARA, thing("entry_id", "own_page"), get=SENDS),
    "portal_space_file_remove": Door(MARA, thing("file_id", "own_file"), get=SENDS),
    "portal_file": Door(MARA, thing("file_id", "own_file")),
}

#: Addresses for programs, in the words of the same table: ``get`` is what reading answers those it is for, 405 where
#: there is nothing to read. What is tried at them stands in ``test_api_doors.py``.
API: dict[str, Door] = {
    "api_couples": Door(STAFF),
    "api_couple": Door(OFFICE, couple_id),
    "api_partners": Door(OFFICE, couple_id),
    "api_partner": Door(OFFICE, private_of),
    "api_invitation": Door(OFFICE_OF_ONE, invited_one),
    "api_all_appointments": Door(STAFF),
    "api_appointments": Door(OFFICE, couple_id),
    "api_appointment": Door(OFFICE, thing("appointment_id", "appointment")),
    "api_appointment_cancel": Door(OFFICE, thing("appointment_id", "appointment"), get=SENDS),
    "api_appointment_restore": Door(OFFICE, thing("appointment_id", "appointment"), get=SENDS),
    "api_appointment_outcome": Door(OFFICE, thing("appointment_id", "appointment"), get=SENDS),
    # reading what came of it
    "api_responses": Door(CLINICAL, couple_id),
    "api_response": Door(CLINICAL, response("shared:mara")),
    "api_responses_private": Door(CLINICAL, private_of),
    "api_response_private": Door(CLINICAL, lambda house: {**private_of(house), **response("told:mara")(house)}),
    "api_messages": Door(CLINICAL, couple_id),
    "api_messages_private": Door(CLINICAL, private_of),
    "api_library": Door(CLINICIANS),
    "api_library_file_make": Door(CLINICIANS, get=SENDS),
    "api_library_file_take": Door(CLINICIANS, get=SENDS),
    "api_exercise": Door(HOME_CLINICIANS, own_exercise),
    "api_editions": Door(HOME_CLINICIANS, own_exercise),
    "api_edition": Door(HOME_CLINICIANS, own_edition),
    "api_all_assignments": Door(CLINICIANS),
    "api_assignments": Door(CLINICAL, couple_id),
    "api_assignments_private": Door(CLINICAL, private_of),
    "api_assignment": Door(CLINICAL, given("waiting")),
    "api_assignment_files": Door(CLINICAL, given("waiting")),
    "api_file": Door(CLINICAL, file_of("shared_file")),
    "api_assignment_end": Door(CLINICAL, given("waiting"), get=SENDS),
    "api_assignment_go_on": Door(CLINICAL, given("waiting"), get=SENDS),
    "api_assignment_lighten": Door(CLINICAL, given("waiting"), get=SENDS),
    "api_assignment_remind": Door(CLINICAL, given("waiting"), get=SENDS),
    "api_marks": Door(CLINICAL, response("shared:mara")),
    "api_marks_private": Door(CLINICAL, lambda house: {**private_of(house), **response("told:mara")(house)}),
    "api_comment": Door(CLINICAL, response("shared:mara"), get=SENDS),
    "api_comment_private": Door(
        CLINICAL, lambda house: {**private_of(house), **response("told:mara")(house)}, get=SENDS
    ),
    "api_pages": Door(CLINICAL, couple_id),
    "api_pages_private": Door(CLINICAL, private_of),
    "api_page_open": Door(
        CLINICAL,
        lambda house: {"couple_id": house.couple.pk, "entry_id": house.things["shared_page"].pk},
        get=SENDS,
    ),
    "api_agreements": Door(CLINICAL, couple_id),
    "api_conversations": Door(CLINICAL, couple_id),
    "api_conversations_private": Door(CLINICAL, private_of),
    "api_conversation": Door(CLINICAL, of_couple("thread_id", "thread_alone")),
    **{
        f"api_conversation_{act}": Door(CLINICAL, of_couple("thread_id", "thread_alone"), get=SENDS)
        for act in ("say", "seen", "close", "reopen")
    },
    "api_goals": Door(CLINICAL, couple_id),
    "api_goals_private": Door(CLINICAL, private_of),
    "api_goal": Door(CLINICAL, of_couple("goal_id", "goal_alone")),
    "api_goal_end": Door(CLINICAL, of_couple("goal_id", "goal_alone"), get=SENDS),
    "api_goal_take_up": Door(CLINICAL, of_couple("goal_id", "goal_alone"), get=SENDS),
    "api_phase": Door(CLINICAL, couple_id, get=SENDS),
    "api_programs": Door(CLINICIANS),
    "api_program": Door(CLINICIANS, lambda house: {"slug": house.things["program_slug"]}),
    "api_program_runs": Door(CLINICAL, couple_id),
    "api_program_run": Door(CLINICAL, run_of),
    **{
        f"api_program_run_{act}": Door(CLINICAL, run_of, get=SENDS)
        for act in ("open", "pause", "resume", "repeat", "stretch", "drop", "end")
    },
    "api_all_occurrences": Door(CLINICIANS),
    "api_occurrences": Door(CLINICAL, given("waiting")),
    "api_round_open": Door(CLINICAL, reveal, get=SENDS),
    "api_round_move": Door(CLINICAL, round_of("waiting", "theo"), get=SENDS),
    "api_round_put_back": Door(CLINICAL, round_of("waiting", "theo"), get=SENDS),
    "api_round_skip": Door(CLINICAL, round_of("waiting", "theo"), get=SENDS),
    "api_round_ask_again": Door(CLINICAL, round_of("waiting", "theo"), get=SENDS),
    "api_rests": Door(CLINICAL, couple_id),
    "api_rest": Door(CLINICAL, of_couple("pause_id", "pause")),
    "api_rest_end": Door(CLINICAL, of_couple("pause_id", "pause"), get=SENDS),
    "api_rest_resume": Door(CLINICAL, of_couple("pause_id", "pause"), get=SENDS),
    # the client's own
    "api_me": Door(PORTAL),
    "api_me_today": Door(PORTAL),
    "api_me_begin": Door(COUPLE, lambda house: {"assignment_id": house.given["whenever"].pk}, get=SENDS),
    "api_me_occurrence": Door(MARA, occurrence("untold", "mara")),
    "api_me_draft": Door(MARA, occurrence("untold", "mara"), get=SENDS),
    "api_me_submit": Door(MARA, occurrence("untold", "mara"), get=SENDS),
    "api_me_amend": Door(MARA, occurrence("told", "mara"), get=SENDS),
    "api_me_skip": Door(MARA, occurrence("untold", "mara"), get=SENDS),
    "api_me_ready": Door(MARA, occurrence("sealed", "mara"), get=SENDS),
    "api_me_files": Door(MARA, occurrence("untold", "mara")),
    "api_me_file": Door(MARA, thing("file_id", "own_file")),
    "api_me_conversations": Door(PORTAL),
    "api_me_conversation": Door(MARA, thing("thread_id", "thread_alone")),
    "api_me_conversation_say": Door(MARA, thing("thread_id", "thread_alone"), get=SENDS),
    "api_me_conversation_seen": Door(MARA, thing("thread_id", "thread_alone"), get=SENDS),
    "api_me_pages": Door(PORTAL),
    "api_me_page": Door(MARA, thing("entry_id", "own_page")),
    "api_me_page_release": Door(MARA, thing("entry_id", "own_page"), get=SENDS),
    "api_me_page_take_back": Door(MARA, thing("entry_id", "own_page"), get=SENDS),
    "api_me_page_files": Door(MARA, thing("entry_id", "own_page"), get=SENDS),
    "api_me_shared_pages": Door(PORTAL),
    "api_me_shared_page": Door(THEO, thing("entry_id", "shared_page")),
    "api_me_agreements": Door(PORTAL),
    "api_me_agreement": Door(COUPLE, thing("agreement_id", "agreement")),
    "api_me_agreement_change": Door(COUPLE, thing("agreement_id", "agreement"), get=SENDS),
    "api_me_agreement_away": Door(COUPLE, thing("agreement_id", "agreement"), get=SENDS),
    "api_me_agreement_yes": Door(COUPLE, thing("version_id", "agreement_version"), get=SENDS),
    "api_me_agreement_not_any_more": Door(COUPLE, thing("version_id", "agreement_version"), get=SENDS),
    "api_me_goals": Door(PORTAL),
    "api_me_goal_rate": Door(MARA, thing("goal_id", "goal_alone"), get=SENDS),
    "api_me_responses": Door(PORTAL),
    "api_me_response": Door(MARA, thing("response_id", "told:mara")),
    "api_me_drafts": Door(PORTAL),
    "api_me_begun": Door(MARA, lambda house: {"draft_id": draft_of(house, "untold", "mara").pk}),
    "api_me_together": Door(PORTAL),
    "api_me_opened": Door(COUPLE, occurrence("opened", "mara")),
    "api_me_unfold": Door(COUPLE, occurrence("opened", "mara"), get=SENDS),
    "api_me_lately": Door(PORTAL),
    "api_me_documents": Door(PORTAL),
    "api_me_document": Door(MARA, thing("report_id", "report:partner")),
    "api_scores": Door(CLINICAL, private_of),
    "api_progress": Door(CLINICAL, couple_id),
    "api_metrics": Door(CLINICAL, couple_id),
    "api_report_kinds": Door(CLINICIANS),
    "api_reports": Door(CLINICAL, couple_id),
    "api_report": Door(CLINICAL, report),
    "api_report_again": Door(CLINICAL, report, get=SENDS),
    "api_report_file": Door(CLINICAL, report),
    "api_exports": Door(CLINICAL, couple_id, get=SENDS),
    "api_export": Door(ASKED, of_couple("archive_id", "taken_out")),
    "api_export_file": Door(ASKED, of_couple("archive_id", "taken_out"), get=frozenset({403})),
    "api_exports_all": Door(OWNERS, get=SENDS),
    "api_export_all": Door(HOME_OWNER, thing("archive_id", "taken_out_all")),
    "api_export_all_file": Door(HOME_OWNER, thing("archive_id", "taken_out_all"), get=frozenset({403})),
    "api_alerts": Door(CLINICIANS),
    "api_alert": Door(CLINICAL, alert),
    "api_webhooks": Door(OWNERS, get=AFTER_A_FRESH_SIGN_IN),
    "api_webhook": Door(HOME_OWNER, thing("webhook_id", "webhook"), get=AFTER_A_FRESH_SIGN_IN),
    "api_webhook_deliveries": Door(HOME_OWNER, thing("webhook_id", "webhook"), get=AFTER_A_FRESH_SIGN_IN),
    "api_webhook_secret": Door(HOME_OWNER, thing("webhook_id", "webhook"), get=SENDS),
    "api_webhook_test": Door(HOME_OWNER, thing("webhook_id", "webhook"), get=SENDS),
    **{f"api_alert_{act}": Door(CLINICAL, alert, get=SENDS) for act in ("take", "judge", "close", "seen", "reopen")},
}

#: The page itself: a line names its address, and is not for the couple to read.
ITSELF = "page"
#: What the one line says it is about that a member of staff leaves in the trail by reading here (B123): a table, or the
#: page itself. A door that is not named leaves none, and shows nobody's words: whoever adds one that does names it.
READ_AS: dict[str, str] = {
    name: about
    for about, names in {
        "clients_couple": (
            "couple", "kept", "shown", "metrics_of_couple", "measures_together", "progress_of_couple", "signs",
            "session_sheet", "session_sheet_of", "review", "review_of_couple", "timeline",
        ),
        "clients_client": (
            "couple_private", "kept_private", "measure_enter", "measure_correct", "shown_preview",
            "measures_of_partner", "measure_baseline", "review_private", "timeline_private",
        ),
        "exercises_response": (
            "response", "response_private",
        ),
        "exercises_assignment": (
            "plan", "plan_reminders",
        ),
        "reports_report": (
            "caseload_files", "report", "report_download",
        ),
        "reports_alert": (
            "alert",
        ),
        "exercises_thread": (
            "thread",
        ),
        "exercises_staffnote": (
            "notes_of_couple",
        ),
        "exercises_psychotherapynote": (
            "psychotherapy_notes",
        ),
        ITSELF: (
            "bring_columns", "bring_record",
            "member_end", "delivery_edit", "couple_status", "couple_apart", "couple_therapists", "appointment_new",
            "appointments", "appointment_edit", "clearance_record", "client_edit", "safe_contact",
            "shared_screen_begin", "assign", "plan_edit", "plan_round", "rests", "rests_one", "take_back",
            "open_reveal", "desk_file", "record_of_partner", "program_begin", "program_run", "measures_of_couple",
            "measure_take_back", "caseload_order", "reports_of_couple", "report_new", "report_of_kind",
            "standing_new", "comment", "comment_private", "threads_of_couple", "thread_new", "threads_private",
            "thread_new_private", "goals_of_couple", "goal_new", "goal_edit", "goals_private", "goal_new_private",
            "note", "psychotherapy_note", "agenda_add", "agenda_add_private", "illustration",
        ),
    }.items()
    for name in names
}  # fmt: skip

#: Addresses that a library brings along: their views know nobody but the user who signed in.
ACCOUNTS = ("account_", "mfa_")
#: What those addresses need in their path.
ACCOUNT_ARGUMENTS = {"uidb36": "x", "key": "set-password", "pk": 1}


def patterns(resolver: URLResolver | None = None, above: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every address there is, whoever brought it: its name (or route), and the arguments in its path."""
    for one in (resolver or get_resolver()).url_patterns:
        names = (*above, *_arguments(one))
        if isinstance(one, URLResolver):
            yield from patterns(one, names)
        else:
            yield one.name or str(one.pattern), names


def _arguments(one: URLPattern | URLResolver) -> set[str]:
    return {*one.pattern.converters, *one.pattern.regex.groupindex}


def account_paths() -> dict[str, str]:
    """The library's own addresses, by name."""
    return {
        name: reverse(name, kwargs={key: ACCOUNT_ARGUMENTS[key] for key in names})
        for name, names in patterns()
        if name.startswith(ACCOUNTS) and name not in DOORS
    }
