"""YAML of unknown origin as plain data: bounded in bytes, depth and number, without aliases, tags and dates.

Words are read as YAML 1.2 means them: `no` is a word, `true` is none, 12:30 is a word. What :mod:`offering` writes is
read as it was.
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises.sharing import FORMAT, NAME, WHAT
from practice.saying_why import SaysWhy

LARGEST_FILE = 2_000_000
DEEPEST = 30
MOST_NODES = 150_000
MOST_ENTRIES = 500
_NOT_IN_TEXT = re.compile("[\x00\ud800-\udfff]")
_PLACE = re.compile(r"""(?:^|\n|[{,][ \t\r\n]{0,40})["']?attune["']?[ \t]{0,8}:""")


class Unreadable(SaysWhy):
    """The file is not taken and nothing was saved; ``message`` says why."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """The safe loader with the plain words of YAML 1.2, which refuses a name given twice."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                raise Unreadable(format_lazy(_("Line {line}: a name has to be a word."), line=_line(key)))
            if key.value in seen:
                raise Unreadable(
                    format_lazy(_("Line {line}: “{name}” stands here twice."), line=_line(key), name=key.value[:60])
                )
            seen.add(key.value)
        return dict(super().construct_mapping(node, deep=deep))


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("int", r"^-?(?:0|[1-9][0-9]{0,17})$", "-0123456789"),
    ("float", r"^-?[0-9]{1,18}\.[0-9]{0,18}(?:[eE][-+][0-9]{1,3})?$", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


def looks_like_a_library(data: bytes) -> bool:
    """Whether a file says, near its beginning, that it is one of ours. JSON with the same words is as well."""
    start = data[:4_000].decode("utf-8", "replace")
    return bool(_PLACE.search(start.removeprefix("\ufeff")))


def read_library(data: bytes) -> dict[str, Any]:
    """Return what a file says, as plain data. Raises :class:`Unreadable`."""
    if len(data) > LARGEST_FILE:
        raise Unreadable(format_lazy(_("The file is larger than {n} MB."), n=LARGEST_FILE // 10**6))
    try:
        text = data.decode("utf-8-sig")
        found = _from_json(text) if text.lstrip().startswith("{") else _from_yaml(text)
    except UnicodeDecodeError as error:
        raise Unreadable(_("This is not text in UTF-8. Please save it as UTF-8.")) from error
    except json.JSONDecodeError as error:
        raise Unreadable(
            format_lazy(_("This is no JSON: reading stopped at line {line}."), line=error.lineno)
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        raise Unreadable(format_lazy(_("This is no YAML: reading stopped at line {line}."), line=line)) from error
    except (RecursionError, ValueError, OverflowError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(_("This YAML holds something that cannot be read.")) from error
    return _library(found)


def _from_yaml(text: str) -> Any:
    _bounded(text)
    return yaml.load(text, Loader=_Loader)  # noqa: S506


def _from_json(text: str) -> Any:
    found = json.loads(text, object_pairs_hook=_once)
    waiting, nodes = [(found, 1)], 0
    while waiting:
        one, depth = waiting.pop()
        nodes += 1
        inside = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        waiting += [(part, depth + 1) for part in inside]
        if depth > DEEPEST or nodes > MOST_NODES:
            raise Unreadable(_("This is more than such a file can hold."))
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise Unreadable(_("A name stands twice in one place of this file."))
    return made


def _bounded(text: str) -> None:
    """Walk through the file without building anything: aliases, tags, depth, and how much there is."""
    depth = nodes = documents = 0
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        line = _line(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable(format_lazy(_("Line {line}: references within the file are not read."), line=line))
        if isinstance(event, yaml.NodeEvent):
            nodes += 1
            if getattr(event, "tag", None) is not None:
                raise Unreadable(format_lazy(_("Line {line}: there are no tags in these files."), line=line))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        if depth > DEEPEST or nodes > MOST_NODES or documents > 1:
            raise Unreadable(format_lazy(_("Line {line}: this is more than such a file can hold."), line=line))


def _library(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict) or found.get(NAME) != WHAT:
        raise Unreadable(_("This is no library of Attune: it does not begin with “attune: library”."))
    said = found.get("format")
    if not isinstance(said, int) or isinstance(said, bool) or said < 1:
        raise Unreadable(_("The file does not say in which format it is written."))
    if said > FORMAT:
        raise Unreadable(
            format_lazy(_("The file is of format {n}, which a newer Attune reads. This one reads {known}."), n=said,
                        known=FORMAT)
        )  # fmt: skip
    for name in ("exercises", "programs"):
        entries = found.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
            raise Unreadable(format_lazy(_("“{name}” has to be a list of entries."), name=name))
        if len(entries) > MOST_ENTRIES:
            raise Unreadable(format_lazy(_("There is room for {n} entries."), n=MOST_ENTRIES))
    if unknown := set(found) - {NAME, "format", "exported", "by", "exercises", "programs"}:
        raise Unreadable(format_lazy(_("“{name}” is not known in such a file."), name=sorted(unknown)[0][:60]))
    _keepable(found)
    return found


def _keepable(found: Any) -> None:
    waiting: list[Any] = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str) and _NOT_IN_TEXT.search(one):
            message: str | Promise = _("A text holds an invisible character that cannot be kept.")
            raise Unreadable(message)
