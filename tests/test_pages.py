"""Every page that anybody can reach, read as a browser reads it.

One walk for each persona; the tests look at what it met: words that are somebody else's, headers, what a
strict policy would stop, links that lead nowhere, titles that say too much.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from urllib.parse import urlsplit

import pytest
from django.template import NodeList, engines

from practice import registry
from practice.fixed_markup import Still
from tests import weight
from tests.crawl import WALKERS, Visit, Walk, walk
from tests.doors import ANONYMOUS, CLIENTS, DOORS, NOBODY, PUBLIC
from tests.world import CANARY, World

pytestmark = pytest.mark.django_db

#: Addresses whose link itself says who it is for: whoever holds it reads that much.
INVITED = ("join", "join_team")
#: What stands in a frame of our own pages: it runs no scripts and sends nothing.
FRAMED = ("write_preview",)


class Heard(logging.Handler):
    """Everything that was logged, with tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@dataclass
class Walks:
    of: dict[str, Walk]
    log: list[str]

    def visits(self, *who: str) -> Iterator[Visit]:
        for name in who or self.of:
            yield from self.of[name].visits


@pytest.fixture(scope="module")
def walks(world: World, browser_of, django_db_blocker) -> Walks:
    heard = Heard()
    logging.getLogger().addHandler(heard)
    try:
        with django_db_blocker.unblock():
            return Walks({who: walk(world, who, browser_of) for who in WALKERS}, heard.lines)
    finally:
        logging.getLogger().removeHandler(heard)


def test_every_door_was_gone_through(walks):
    met = {visit.name for visit in walks.visits()}
    assert {name for name, door in DOORS.items() if door.kind is not NOBODY} - met - {"leave"} == set()


def test_nothing_breaks(walks):
    assert [str(visit) for visit in walks.visits() if visit.status >= 500] == []


# ── whose words ──────────────────────────────────────────────────────────────


def words_met(visit: Visit) -> set[str]:
    return set(CANARY.findall(f"{visit.body} {visit.response.headers} {visit.response.cookies}"))


def test_b10_nobody_meets_a_word_that_is_not_for_them(walks, world):
    may = world.canaries
    strayed = {
        (str(visit), word)
        for visit in walks.visits()
        if visit.name not in INVITED
        for word in words_met(visit)
        if visit.who not in may[word]
    }
    assert strayed == set()


def test_what_templates_keep_between_pages_is_nobodys(walks):
    kept = {text for node in kept_nodes() for text, _named in node.kept.values()}
    assert any("Skip to the page" in text for text in kept), "nothing was kept"
    assert {text for text in kept if CANARY.search(text)} == set()


def kept_nodes() -> Iterator[Still]:
    [partials] = engines["django"].engine.template_loaders
    for template in partials.loaders[0].get_template_cache.values():
        yield from getattr(template, "nodelist", NodeList()).get_nodes_by_type(Still)


def test_an_invitation_names_its_reader_and_no_couple(walks, world):
    words = {name: set[str]() for name in INVITED}
    for visit in walks.visits(ANONYMOUS):
        if visit.name in INVITED:
            words[visit.name] |= {word.removeprefix("zqhomex") for word in words_met(visit)}
    assert words["join"] <= {"mailunaqz"}
    assert words["join_team"] <= {"inviteeqz", "inviteeaddressqz", "practiceqz"}


def test_b10_those_a_word_is_for_do_meet_it(walks, world):
    """The walk has teeth: what is somebody's to read was found."""
    met: dict[str, set[str]] = {}
    for visit in walks.visits():
        met.setdefault(visit.who, set()).update(
            word.removeprefix("zqhomex").removesuffix("qz") for word in words_met(visit) if "homex" in word
        )
    assert {
        "namemara", "nametheo", "sharedmara", "sharedtheo", "openedmara", "sealedmara", "jointmara", "mixedmara",
        "toldmara", "skipmara", "clearance", "room",
    } <= met["therapist"]  # fmt: skip
    assert {"sharedmara", "sharedtheo", "openedtheo", "jointmara", "whyuntoldmara", "draftmara"} <= met["mara"]
    assert {"sharedmara", "openedmara", "jointmara"} <= met["theo"]
    assert {"namemara", "nametheo", "room"} <= met["coordinator"]
    assert {"nameada", "nameruth"} <= met["colleague"]
    assert not any(word.startswith("own") for word in met["therapist"])


def test_addresses_and_titles_name_nobody(walks):
    said = set()
    for visit in walks.visits():
        said |= {(visit.path, word) for word in CANARY.findall(visit.path + str(visit.response.get("Location")))}
        if visit.page:
            found = CANARY.findall(visit.page.title)
            said |= {(visit.path, word) for word in found if not word.startswith(("zqhomextitle", "zqfarxtitle"))}
    assert said == set()


def test_b22_titles_of_the_portal_are_neutral(walks):
    """They stand in browser histories: no name, no exercise, no practice, no word about what it is for."""
    telling = re.compile(r"couple|therap|exercise|homework|check-in|relationship|safe|zq", re.IGNORECASE)
    titles = {page.title.strip() for who in CLIENTS for _visit, page in walks.of[who].pages()}
    assert {title for title in titles if not title or telling.search(title)} == set()


def test_b102_the_log_holds_no_words_addresses_or_tickets(walks, world):
    from tests.world import tickets

    links = [*tickets(world.home).values(), *tickets(world.far).values()]
    spoken = [
        line
        for line in walks.log
        if CANARY.search(line) or "@example.org" in line or any(ticket in line for ticket in links)
    ]
    assert spoken == []


# ── what is no page ──────────────────────────────────────────────────────────

#: Said to machines, and the same for everybody: nothing of any practice is in it.
OF_NOBODY = {"healthz", "readyz", "api_schema"}
#: Handed out to who sends a form, or shows again who they are, not to who looks.
NOT_FOR_A_LOOK = {
    "record_fhir", "portal_copy_take", "record_copy_take", "practice_export_file", "take_out_file", "take_out_all_file",
}  # fmt: skip


def test_b1_what_is_no_page_is_declared_as_a_download(walks):
    """Papers, pictures, files and data: an answer of another kind than a page has a line in ``records.py``."""
    declared = {one.door: one.form for one in registry.all_downloads()}
    met = {
        (visit.name, visit.response["Content-Type"].split(";")[0])
        for visit in walks.visits()
        if visit.status == 200
        and not visit.response["Content-Type"].startswith("text/html")
        and visit.name not in OF_NOBODY
    }
    assert {(name, kind) for name, kind in met if not fnmatch(kind, declared.get(name, ""))} == set()
    assert set(declared) - {name for name, _kind in met} - NOT_FOR_A_LOOK == set(), "these are gone"


# ── what goes along with every answer ────────────────────────────────────────


def policy(visit: Visit) -> dict[str, list[str]]:
    parts = (one.split() for one in visit.response.headers["Content-Security-Policy"].split(";"))
    return {one[0]: one[1:] for one in parts if one}


def test_b89_every_answer_carries_the_strict_headers(walks):
    wrong = []
    for visit in walks.visits():
        found = visit.response.headers
        wrong += [
            f"{visit}: {name} is {found.get(name)!r}"
            # (A referrer inside the house is what protects forms against other sites' requests.)
            for name, wanted in {
                "Cache-Control": "no-store",
                "Referrer-Policy": "same-origin",
                "X-Content-Type-Options": "nosniff",
                "X-Frame-Options": "SAMEORIGIN" if visit.name in FRAMED else "DENY",
                "Cross-Origin-Opener-Policy": "same-origin",
                "Cross-Origin-Resource-Policy": "same-origin",
                "X-Robots-Tag": "noindex",
            }.items()
            if found.get(name) != wanted
        ]
        if "geolocation=()" not in found.get("Permissions-Policy", ""):
            wrong.append(f"{visit}: sensors")
    assert wrong == []


def test_b88_every_answer_carries_the_strict_policy(walks):
    nonces = []
    for visit in walks.visits():
        said = policy(visit)
        everything = " ".join(" ".join(values) for values in said.values())
        assert "unsafe" not in everything, visit
        assert "*" not in everything, visit
        assert "http" not in everything, visit
        for name in ("default-src", "object-src", "base-uri"):
            assert said[name] == ["'none'"], (str(visit), name)
        assert said["frame-ancestors"] == (["'self'"] if visit.name in FRAMED else ["'none'"]), visit
        assert said["form-action"] == ["'self'"], visit
        nonces += [one for one in said["script-src"] if one.startswith("'nonce-")]
    assert len(nonces) == len(set(nonces))


def test_every_page_of_the_portal_can_be_left_at_once(walks):
    """Also the pages that no answer of the portal's own makes: what is not there, and what is refused."""
    pages = [visit for who in CLIENTS for visit, _page in walks.of[who].pages()]
    assert pages
    assert [str(visit) for visit in pages if "data-leave" not in visit.body] == []


def test_b88_pages_hold_nothing_inline_and_say_their_language(walks):
    wrong = []
    for one in walks.of.values():
        for visit, page in one.pages():
            wrong += [f"{visit}: {what}" for what in page.inline]
            if not page.lang:
                wrong.append(f"{visit}: no language")
            if not page.title.strip():
                wrong.append(f"{visit}: no title")
    assert wrong == []


def test_b95_pages_load_from_their_own_house_alone(walks):
    loaded = {address for one in walks.of.values() for _visit, page in one.pages() for address in page.loaded}
    assert {one for one in loaded if urlsplit(one).netloc or urlsplit(one).scheme} == set()


# ── where links lead ─────────────────────────────────────────────────────────


def test_no_link_is_dead(walks):
    assert {dead for one in walks.of.values() for dead in one.dead} == set()
    lost = {str(visit) for visit in walks.visits() if visit.by_link and visit.status >= 400 and visit.who != "ended"}
    assert lost == set()


#: Doors that no link leads to, with the reason.
WITHOUT_A_LINK = {
    "bring_columns": "where a chosen file leads",
    "bring_look": "where named columns lead",
    "bring_undo": "on an import with whose couples nothing has happened since",
    "portal_copy_take": "behind a fresh sign-in, where a copy is ready",
    "record_copy_take": "behind a fresh sign-in, where a copy is ready",
    "portal_copy_away": "behind a fresh sign-in, where a copy is ready",
    "practice_export_file": "on its page, after a fresh sign-in",
    "take_out_file": "on its page, after a fresh sign-in",
    "take_out_end": "on its page, after a fresh sign-in",
    "take_out_all_file": "on its page, after a fresh sign-in",
    "take_out_all_end": "on its page, after a fresh sign-in",
    "practice_export_end": "on its page, after a fresh sign-in",
    "api_docs": "on the page of tokens, after a fresh sign-in",
    "access_token_end": "on the page of tokens, after a fresh sign-in",
    "webhook": "on the page of webhooks, after a fresh sign-in",
    "webhook_renew": "on its page, after a fresh sign-in",
    "webhook_test": "on its page, after a fresh sign-in",
    "webhook_pause": "on its page, after a fresh sign-in",
    "webhook_resume": "on its page, after a fresh sign-in",
    "webhook_delete": "on its page, after a fresh sign-in",
    "join_by_provider": "from a mail",
    "provider_sign_in": "where a proved domain leads",
    "provider_back": "a provider sends people there",
    "provider_again": "in a sign-in through a provider",
    "provider_limits": "in a sign-in through a provider",
    "provider_link": "on the page of one's links, after a fresh sign-in",
    "provider_unlink": "on the page of one's links, after a fresh sign-in",
    "single_sign_on_try": "on its page, after a fresh sign-in",
    "single_sign_on_switch": "on its page, after a fresh sign-in",
    "single_sign_on_prove": "on its page, after a fresh sign-in",
    "single_sign_on_unlink": "on its page, after a fresh sign-in",
    "sending_release": "on its page, while nothing is sent",
    "report_hand_over": "on a paper of both, while no answer about safety waits",
    "shared_screen": "where sharing a screen leads",
    "shared_screen_end": "on a shared screen",
    "still_here": "the page's own script",
    "rest": "the page's own script",
    "sign_in_end": "on one's own sign-ins, where there is another one",
    "sign_ins_end_others": "on one's own sign-ins, where there is another one",
    "kept_form": "where signing in again leads, after a form that came too late",
    "closed": "on the pages of a sign-in by the mailbox alone",
    "client_met": "on a partner whose account was got back through the mailbox",
    "portal_showing": "on a page where something was released to all",
    "healthz": "whoever watches the machine calls it",
    "readyz": "whoever watches the machine calls it",
    "mail_hook": "a mail service calls it",
    "delivery_hook": "on a mail service of the practice's own",
    "delivery_first": "on the second of several ways out",
    "mail_hook_own": "a mail service calls it",
    "texts_came": "a text message gateway calls it",
    "texts_came_of": "a text message gateway calls it",
    "write_language": "on an exercise in several languages",
    "write_updates": "on a copy whose original has moved on",
    "write_picture": "on an item that shows a picture",
    "welcome": "where people are led until they have agreed",
    "welcome_step": "where people are led until they have agreed",
    "join": "from a mail",
    "join_team": "from a mail",
    "do_save": "the page's own script",
    "do_check": "where the last question leads",
    "choose": "for those who are in more than one practice",
    "do_sent": "where sending leads",
    "report_again": "on a report that could not be made",
    "caseload_again": "on an order in which one could not be made",
    "letterhead_colour": "in the frame of a preview on the practice's own paper",
    "do_steps_state": "the page's own script",
    "do_ready": "where the partners decide when it opens",
    "portal_unfold": "on what has opened and was not looked at",
    "pass": "where passing the phone on leads",
    "pass_end": "where a lent phone ends",
    "couple_apart_noted": "where somebody left by themselves",
    "couple_leave": "where three or more are in care together",
    "couple_alone": "where somebody has parted",
    "portal_code_forget": "for those who have a code",
    "portal_number_forget": "for those who have a number",
    "portal_number": "where a gateway for text messages is set up",
    "portal_proof": "where a code was asked for",
    "open": "from a message",
    "stop": "from a mail",
    "calendar": "fetched by calendar programs",
    "portal_agreement_yes": "on a proposal that waits for one's own yes",
    "assign_many": "a second button on the page of assigning",
    "portal_agreement_away": "on a proposal of one's own",
    "portal_space_take_back": "on a page that nobody has read yet",
    "portal_over_time": "from the second round on",
    "assignment_file_remove": "on the plan of something that a file came with",
    "exercise_safety": "on a form that was imported",
    "illustration": "inside an exercise with a picture",
    "import_answers": "on a partner's record, where a form of theirs came from a file",
    "import_review": "where a file that can be taken leads",
    "import_sheet": "where a workbook that can be taken leads",
    "import_library": "where a shared library leads",
    "portal_devices": "where the installation sends notifications",
    "portal_device_here": "the page's own script",
    "portal_device_end": "where the installation sends notifications",
    "service_worker": "asked for by the browser",
    "emergency_end": "while something is open in an emergency",
    "kept_open": "on a page that nobody has opened yet",
}


def test_every_door_is_offered_to_somebody(walks):
    linked = {name for one in walks.of.values() for name in one.linked}
    lonely = {name for name, door in DOORS.items() if door.kind is not NOBODY} - linked - set(WITHOUT_A_LINK)
    assert lonely <= {"home"}, ", ".join(sorted(lonely))


def test_links_that_lead_outside_are_the_known_ones(walks):
    outside = {address for one in walks.of.values() for address in one.outside}
    assert {one for one in outside if not one.startswith(("tel:", "sms:", "mailto:", "https://"))} == set()
    assert PUBLIC.who >= {ANONYMOUS}


# ── what a page weighs on a phone ────────────────────────────────────────────


def in_the_portal(walks: Walks) -> Iterator[Visit]:
    """What a client reads there; the pages for whoever writes programs are read by everybody, on other machines."""
    own = (visit for visit in walks.visits(*CLIENTS) if '<body class="portal' in visit.body)
    return (visit for visit in own if not visit.path.startswith("/api/"))


def test_a_clients_page_weighs_little_even_on_a_first_visit(walks):
    cold = {str(visit): weight.cold(visit.body) for visit in in_the_portal(walks)}
    assert len(cold) > 100
    assert {page: size for page, size in cold.items() if size > weight.MOST_COLD} == {}


def test_a_clients_page_weighs_less_once_the_letters_are_there(walks):
    warm = {str(visit): weight.warm(visit.body) for visit in in_the_portal(walks)}
    assert {page: size for page, size in warm.items() if size > weight.MOST_WARM} == {}
