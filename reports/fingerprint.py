"""A short code for what a report says: it lets a reader compare a paper copy with the one in the account."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from reports.paper import Document


def content_code(report: Document) -> str:
    """A short code for what the report says, printed in it and shown in the account.

    It lets a reader compare a paper copy. The file's own hash cannot stand inside the file.
    """
    data = {"kind": report.kind, **asdict(report)}
    # The same words on another paper, or at another minute, are the same report.
    data.pop("paper")
    data.pop("made")
    if report.letterhead.logo:
        data["letterhead"]["logo"] = hashlib.sha256(report.letterhead.logo).hexdigest()
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big") >> 4
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U, which are misread
    code = "".join(letters[(number >> shift) & 31] for shift in range(55, -1, -5))
    return "-".join((code[:4], code[4:8], code[8:]))
