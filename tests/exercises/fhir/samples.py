"""The public sample files, read as bytes. What is expected of each stands in samples/README.md."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "samples"


def sample(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


QUESTIONNAIRES = sorted(
    path.stem
    for path in FOLDER.glob("*.json")
    if not path.stem.endswith("-response") and path.stem != "broken-json-response"
)
RESPONSES = sorted(path.stem for path in FOLDER.glob("*-response.json"))
