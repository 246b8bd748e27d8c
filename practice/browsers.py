"""The kind of browser and device in a few words, for its owner to recognise. No versions, no place."""

from __future__ import annotations

#: The first that is found names it; who imitates whom settles the order.
BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"),
            ("SamsungBrowser", "Samsung Internet"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
DEVICES = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
           ("Mac OS X", "Mac"), ("CrOS", "Chromebook"), ("Linux", "Linux"))  # fmt: skip


def in_words(agent: str) -> str:
    """Return for example ``Firefox, Android``; empty for what names nothing that is known."""
    found = [next((word for sign, word in known if sign in agent[:400]), "") for known in (BROWSERS, DEVICES)]
    return ", ".join(filter(None, found))
