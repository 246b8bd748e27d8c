"""What people answer to a text message, and what they mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.stop_words import STOP, Wish, heard


def wish(text: str) -> Wish | None:
    found = heard(text)
    return found.wish if found else None


@pytest.mark.parametrize(
    "text",
    [
        "STOP", "stop", "Stop.", "  stop!! ", "STOPALL", "stop all", "Quit", "END", "revoke", "opt out", "Opt-Out",
        "OPTOUT", "cancel", "unsubscribe", "\u201cSTOP\u201d", "ＳＴＯＰ", "STOP please",
        "please don't text me any more",
        "Please don’t text me anymore", "do not contact me again", "No more messages please", "Stop sending me these",
        "I'd like you to stop texting me", "take me off your list", "remove me", "leave me alone", "wrong number",
        "never message me again", "I want these texts to stop", "unsubscribe me please",
    ],
)  # fmt: skip
def test_r18_stop_is_understood(text):
    assert wish(text) is Wish.STOP


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Abmelden"), ("de", "Bitte keine SMS mehr"), ("de", "aufhören"),
        ("de", "Hören Sie auf mir zu schreiben"),
        ("fr", "ARRÊT"), ("fr", "arret"), ("fr", "Ne m'envoyez plus de messages"), ("fr", "Désabonner"),
        ("es", "BAJA"), ("es", "no me envíen más mensajes"), ("es", "dejen de escribirme"),
        ("it", "basta"), ("it", "non scrivetemi più"), ("pt", "sair"), ("pt", "não quero mais mensagens"),
        ("nl", "afmelden"), ("nl", "geen berichten meer sturen"), ("pl", "koniec"),
        ("pl", "proszę nie pisać, nie wysyłajcie"),
        ("sv", "avsluta"), ("sv", "inga fler sms tack"), ("da", "frameld"), ("da", "ikke flere beskeder"),
        ("tr", "iptal"), ("tr", "DUR"), ("tr", "bana mesaj göndermeyin"), ("ar", "توقف"), ("ar", "لا ترسل لي رسائل"),
        ("ru", "СТОП"), ("ru", "не пишите мне больше"), ("zh", "退订"), ("ja", "停止"), ("ko", "수신거부"),
        ("he", "הסר"), ("el", "ΣΤΑΜΑΤΑ"), ("fi", "lopeta"), ("fi", "älkää lähettäkö viestejä"), ("nb", "slutt å sende"),
    ],
)  # fmt: skip
def test_b132_stop_is_understood_in_many_languages(language, text):
    assert wish(text) is Wish.STOP, language


def test_b132_there_are_at_least_ten_languages():
    assert len(STOP) >= 10


@pytest.mark.parametrize("text", ["START", "unstop", "Start please", "yes", "anmelden", "abonner"])
def test_r18_start_is_understood(text):
    assert wish(text) is Wish.START


@pytest.mark.parametrize("text", ["HELP", "help?", "info", "Hilfe", "aide"])
def test_help_is_understood(text):
    assert wish(text) is Wish.HELP


@pytest.mark.parametrize(
    "text",
    ["", "   ", "👍", "Thanks!", "ok", "See you on Tuesday", "Danke, bis morgen", "merci beaucoup",
     "I will stop by at five", "running late", "We did it last weekend"],
)  # fmt: skip
def test_other_words_ask_for_nothing(text):
    assert wish(text) is None


@pytest.mark.parametrize("text", ["do not start sending again", "don't restart the messages, stop"])
def test_a_no_is_never_a_start(text):
    assert wish(text) is not Wish.START


def test_the_answer_knows_its_language():
    assert heard("abbestellen").language == "de"  # type: ignore[union-attr]
    assert heard("STOP").language == "en"  # type: ignore[union-attr]


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text):
    assert wish(text) in (None, *Wish)


@given(
    st.sampled_from(sorted(" ".join(STOP.values()).split())), st.sampled_from(["{}", " {}.", "{}!!", "\n{}\n", "«{}»"])
)
def test_r18_every_word_counts_however_it_is_written(word, dress):
    assert wish(dress.format(word)) is Wish.STOP
    assert wish(dress.format(word.upper())) is Wish.STOP
