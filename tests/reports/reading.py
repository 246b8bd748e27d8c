"""Reading a PDF back: its words, and what a reader who listens would stumble over."""

from __future__ import annotations

import subprocess
from io import BytesIO

import pikepdf

from reports.pdf import Rendered


def text_of(rendered: Rendered, *options: str) -> str:
    command = ["pdftotext", *options, "-", "-"]
    return subprocess.run(command, input=rendered.pdf, stdout=subprocess.PIPE, check=True).stdout.decode()


def words_of(rendered: Rendered) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text_of(rendered).split())


def depth_first(element: pikepdf.Object) -> list[pikepdf.Object]:
    children = element.get("/K", [])
    children = children if isinstance(children, pikepdf.Array) else [children]
    found = []
    for child in children:
        if isinstance(child, pikepdf.Dictionary) and "/S" in child:
            found += [child, *depth_first(child)]
    return found


def problems(pdf: bytes) -> list[str]:
    """What a reader who listens would stumble over."""
    found = []
    with pikepdf.open(BytesIO(pdf)) as document:
        if not str(document.Root.get("/Lang", "")):
            found.append("no language")
        if "/Outlines" not in document.Root:
            found.append("no bookmarks")
        level = 0
        for element in depth_first(document.Root.StructTreeRoot):
            kind = str(element.S)
            if kind == "/Figure":
                found += figure_problems(element)
            if kind == "/TH" and "/Scope" not in element.get("/A", {}):
                found.append("header cell without Scope")
            if kind[1:2] == "H" and kind[2:].isdigit():
                if int(kind[2:]) > level + 1:
                    found.append(f"heading jumps to {kind}")
                level = int(kind[2:])
        for sheet in document.pages:
            found += ["annotation without print flag" for a in sheet.get("/Annots", []) if int(a.get("/F", 0)) != 4]
    return found


def figure_problems(figure: pikepdf.Object) -> list[str]:
    found = []
    if len(str(figure.get("/Alt", ""))) < 10:
        found.append("figure without a telling Alt")
    x1, y1, x2, y2 = (float(edge) for edge in figure.A.BBox)
    width, height = (float(edge) for edge in figure.Pg.MediaBox[2:])
    if not (0 <= x1 < x2 <= width + 1 and 0 <= y1 < y2 <= height + 1):
        found.append(f"figure box off the page: {x1} {y1} {x2} {y2}")
    return found


def png() -> bytes:
    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (40, 40), "#f2dcae").save(out, "PNG")
    return out.getvalue()
