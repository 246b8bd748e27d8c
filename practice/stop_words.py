"""What an answer to a text message asks for: silence, messages again, or help. Pure.

A single word counts when it is all that was written; a sentence counts when it says so plainly. In doubt it is
STOP: who is left alone by mistake can say START, who is not left alone has no way out. A start that comes with
a "no" is none.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass


class Wish(enum.Enum):
    """What somebody wants who answers a text message."""

    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True)
class Heard:
    """A wish, and the language that it was said in."""

    wish: Wish
    language: str


#: All that was written, by language. The English ones are those that law and carriers name.
STOP = {
    "en": "stop stopall stop-all quit end revoke cancel unsubscribe optout remove halt arret",
    "de": "stopp abmelden abbestellen ende beenden schluss aufhören kündigen aus",
    "fr": "arrêt arrêter arrêtez stopper désabonner désinscrire fin annuler résilier",
    "es": "parar pare alto baja cancelar fin detener terminar",
    "it": "ferma fermare basta annulla disdici cancella fine",
    "pt": "pare parar sair cancelar remover descadastrar",
    "nl": "stoppen afmelden uitschrijven opzeggen einde",
    "pl": "koniec wypisz anuluj zatrzymaj rezygnuję",
    "sv": "stoppa avsluta avregistrera sluta avanmäl",
    "da": "afmeld frameld stands",
    "nb": "avmeld slutt",
    "fi": "lopeta peru pysäytä",
    "cs": "konec odhlásit zrušit",
    "hu": "leiratkozás vége",
    "ro": "opreste dezabonare renunt",
    "tr": "dur iptal durdur çıkış ret",
    "el": "σταματα τελος διαγραφη",
    "ru": "стоп отписаться отмена хватит",
    "uk": "стій відписатися досить",
    "ar": "توقف إيقاف الغاء إلغاء قف",
    "he": "הסר הסרה עצור די",
    "fa": "لغو توقف",
    "zh": "停止 退订 退訂 取消",
    "ja": "停止 中止 解除 ストップ",
    "ko": "중지 수신거부 그만",
    "vi": "huy dung",
    "hi": "बंद रोकें",
}
#: Several words that are all that was written.
STOP_PHRASES = {
    "en": ("opt out", "stop all", "sign off", "no more", "leave me alone", "go away", "take me off", "wrong number"),
    "de": ("hör auf", "hören sie auf", "keine sms", "nicht mehr", "lass mich in ruhe", "falsche nummer"),
    "fr": ("plus de sms", "plus de message", "laissez moi", "mauvais numéro"),
    "es": ("dar de baja", "no más", "número equivocado"),
    "it": ("non più", "numero sbagliato"),
    "pt": ("não mais", "número errado"),
    "nl": ("niet meer", "verkeerd nummer"),
    "pl": ("nie chcę", "zły numer"),
    "sv": ("inga fler", "fel nummer"),
    "da": ("ikke flere", "forkert nummer"),
}
#: Inside a sentence: said plainly enough wherever it stands.
STOP_SENTENCES = {
    "en": (
        r"\b(stop|quit|cease|end|cancel)\b.{0,30}\b(text|texts|texting|messag\w*|sms|sending|contacting|reminders?)\b",
        r"\b(don'?t|do not|never|not)\b.{0,20}\b(text|message|contact|send|sms|write|remind)\b",
        r"\b(no|not any) (more|longer|further)\b.{0,30}\b(text|texts|messag\w*|sms|reminders?)\b",
        r"\b(unsubscribe|opt(ing)? (me )?out|remove me|remove my number|take me off|leave me alone|revoke)\b",
        r"\b(text|texts|messages|sms|reminders)\b.{0,20}\b(to )?(stop|end)\b",
        r"\bwrong (number|person)\b",
    ),
    "de": (
        r"\bkeine\b.{0,30}\b(sms|nachricht\w*|texte|erinnerung\w*)\b",
        r"\b(nicht|nie)\b.{0,20}\bmehr\b",
        r"\b(hör\w*|hoer\w*)\b.{0,20}\bauf\b",
        r"\b(abmelden|abbestellen|abbestelle)\b",
    ),
    "fr": (
        r"\bne\b.{0,30}\bplus\b",
        r"\bplus de\b.{0,20}\b(sms|messages?|textos?)\b",
        r"\barrêtez?\b.{0,30}\b(sms|messages?|textos?|envoyer|écrire)\b",
        r"\b(désabonner|désinscrire|désabonnez)\b",
    ),
    "es": (
        r"\bno\b.{0,30}\bmás\b.{0,20}\b(sms|mensajes?)\b",
        r"\bno\b.{0,20}\b(env\w+|mand\w+|escrib\w+)\b",
        r"\b(deje\w*|dejen|para|paren|basta)\b.{0,20}\b(de )?(enviar\w*|mandar\w*|escribir\w*|mensajes?|sms)\b",
        r"\bdar(me)? de baja\b",
    ),
    "it": (
        r"\bnon\b.{0,30}\bpiù\b",
        r"\b(basta|niente)\b.{0,20}\b(sms|messaggi\w*)\b",
        r"\b(smett\w+|cancell\w+mi)\b",
    ),
    "pt": (
        r"\bnão\b.{0,30}\bmais\b",
        r"\bnão\b.{0,20}\b(envi\w+|mand\w+|escrev\w+)\b",
        r"\b(pare|parem)\b.{0,20}\b(de )?(enviar|mandar|mensagens?|sms)\b",
    ),
    "nl": (
        r"\bgeen\b.{0,30}\b(sms\w*|bericht\w*)\b",
        r"\bniet\b.{0,20}\bmeer\b",
        r"\bstop\b.{0,20}\b(met|sms\w*|bericht\w*)\b",
    ),
    "pl": (
        r"\bnie\b.{0,30}\b(sms\w*|wiadomości|pisz\w*|wysyłaj\w*|przysyłaj\w*)\b",
        r"\b(przestań\w*|wypisz)\b",
    ),
    "sv": (r"\b(inga|inte)\b.{0,30}\b(fler|mer|sms|meddelanden)\b", r"\bsluta\b.{0,20}\b(skicka|smsa|skriva)\b"),
    "da": (
        r"\b(ingen|ikke)\b.{0,30}\b(flere|mere|sms\w*|beskeder)\b",
        r"\bstop\b.{0,20}\b(med|sms\w*|beskeder)\b",
    ),
    "nb": (r"\b(ingen|ikke)\b.{0,30}\b(flere|mer|sms\w*|meldinger)\b", r"\bslutt\b.{0,20}\b(å|med)\b"),
    "fi": (r"\bälkää?\b.{0,30}\b(lähettä\w*|viest\w*)\b", r"\blopeta\w*\b.{0,30}\bviest\w*\b"),
    "tr": (
        r"\b(mesaj|sms)\b.{0,30}\b(atma\w*|gönderme\w*|istemiyorum|yollama\w*)\b",
        r"\bistemiyorum\b",
    ),
    "ru": (r"\bне\b.{0,30}\b(пишите|присылайте|отправляйте|хочу|шлите)\b",),
    "ar": (r"\bلا\b.{0,30}\b(ترسل\w*|تراسل\w*|أريد|اريد)\b", r"\b(أوقف\w*|اوقف\w*|توقف\w*)\b"),
}
START = {
    "en": "start unstop yes subscribe resume restart",
    "de": "starten anmelden",
    "fr": "commencer reprendre abonner",
    "es": "empezar alta",
    "it": "inizia avvia",
    "pt": "começar iniciar",
    "nl": "aanmelden beginnen",
    "pl": "zapisz wznów",
    "sv": "starta börja",
    "da": "tilmeld",
    "tr": "başla başlat",
    "ru": "старт начать",
    "ar": "ابدأ ابدا",
}
HELP = {
    "en": "help info",
    "de": "hilfe",
    "fr": "aide",
    "es": "ayuda",
    "it": "aiuto",
    "pt": "ajuda",
    "pl": "pomoc",
    "sv": "hjälp",
    "da": "hjælp",
    "tr": "yardım",
    "ru": "помощь",
    "ar": "مساعدة",
}


def plain(text: str) -> str:
    """Return a text in lower case, without accents and signs, its words apart by single spaces."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold().replace("ı", "i"))
    folded = folded.replace("’", "'").replace("ø", "o").replace("æ", "ae").replace("ł", "l").replace("đ", "d")
    kept = "".join(one for one in folded if not unicodedata.combining(one))
    return " ".join(re.sub(r"[^\w']+|_", " ", kept).split())


def heard(text: str) -> Heard | None:
    """Return what a text message asks for; None when it asks for nothing of ours."""
    words = plain(text)
    if not words:
        return None
    for wish, table in ((Wish.STOP, _STOP), (Wish.HELP, _HELP), (Wish.START, _START)):
        if words in table:
            return Heard(wish, table[words])
    for language, patterns in _SENTENCES.items():
        if any(one.search(words) for one in patterns):
            return Heard(Wish.STOP, language)
    # "STOP please", "Stop!!! Now": the word comes first, and not much after it.
    first, _space, rest = words.partition(" ")
    if first in _STOP and len(rest.split()) <= 3 and not rest.startswith("by"):
        return Heard(Wish.STOP, _STOP[first])
    if first in _START and first != "yes" and len(rest.split()) <= 2:
        return Heard(Wish.START, _START[first])
    return None


def _without_accents(pattern: str) -> str:
    kept = unicodedata.normalize("NFKD", pattern.replace("ı", "i").replace("ł", "l").replace("ø", "o"))
    return "".join(one for one in kept if not unicodedata.combining(one))


def _table(words: dict[str, str], phrases: dict[str, tuple[str, ...]] | None = None) -> dict[str, str]:
    """Return the language of every word. The first language that has it keeps it."""
    table: dict[str, str] = {}
    for language, several in words.items():
        for one in (*several.split(), *(phrases or {}).get(language, ())):
            table.setdefault(plain(one), language)
    return table


_STOP = _table(STOP, STOP_PHRASES)
_START = _table(START)
_HELP = _table(HELP)
_SENTENCES = {
    language: [re.compile(_without_accents(one)) for one in patterns] for language, patterns in STOP_SENTENCES.items()
}
