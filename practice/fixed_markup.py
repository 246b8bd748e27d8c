"""What a template says to everybody is rendered once for each language, and not for each page.

Most of a page stands still: words to translate, addresses without anything in them, icons, static files. This loader
looks through a template as it is compiled and draws together what lies side by side and names nothing but itself:
``{% translate "Today" %}``, ``{% url 'library' %}``, ``{% icon "check" 20 %}``. Whoever writes templates need not know.

What is kept can not be personal: :func:`is_fixed` knows the few tags that are asked for nothing but literals, and
anything that looks at a variable stays as it is. It goes with the compiled template: where that is compiled anew,
because a file changed, it is rendered anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any, TypeVar

from django.template import Node, NodeList, Template
from django.template.base import FilterExpression, TextNode, TokenType, Variable
from django.template.context import Context
from django.template.defaulttags import CommentNode, IfNode, LoadNode, URLNode
from django.template.library import SimpleNode
from django.template.loaders import cached
from django.template.loaders.base import Loader as BaseLoader
from django.templatetags.i18n import (
    BlockTranslateNode,
    GetCurrentLanguageBidiNode,
    GetCurrentLanguageNode,
    TranslateNode,
)
from django.templatetags.static import StaticNode
from django.urls import get_script_prefix
from django.utils.translation import get_language

_Tag = TypeVar("_Tag", bound=Callable[..., Any])
_FIXED = "depends_on_nothing_else"


def fixed(tag: _Tag) -> _Tag:
    """Decorate a simple tag whose answer depends on its arguments and the language, and on nothing else."""
    setattr(tag, _FIXED, True)
    return tag


class _Drawn(BaseLoader):
    """Compiles a template, and draws together what stands still in it before anybody renders it."""

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        template = super().get_template(template_name, skip)
        draw_together(template.nodelist)
        return template


class Loader(cached.Loader, _Drawn):
    """Keeps compiled templates as Django's own does."""


def draw_together(nodes: NodeList) -> None:
    """Put one node in the place of several fixed ones that lie side by side, here and in all that lies within."""
    drawn: list[Node] = []
    for is_still, group in groupby(nodes, is_fixed):
        run = list(group)
        if is_still and not all(isinstance(node, TextNode) for node in run):
            drawn.append(Still(run))
            continue
        for node in run:
            for within in _within(node):
                draw_together(within)
        drawn += run
    nodes[:] = drawn


def _within(node: Node) -> Iterator[NodeList]:
    if isinstance(node, IfNode):
        yield from (nodes for _condition, nodes in node.conditions_nodelists)
    yield from (value for value in vars(node).values() if isinstance(value, NodeList))


# ── what is fixed ────────────────────────────────────────────────────────────


def is_fixed(node: Node) -> bool:
    """Tell whether a node says the same to everybody who reads the same language."""
    look = _LOOKS.get(type(node))
    return look is not None and look(node)


def _literal(*asked: FilterExpression | None) -> bool:
    """Tell whether these are all words or numbers that stand in the template itself."""
    return all(one is None or (not one.filters and not _looks_up(one.var)) for one in asked)


def _looks_up(var: object) -> bool:
    return isinstance(var, Variable) and var.lookups is not None


def _address(node: URLNode) -> bool:
    return not node.args and not node.kwargs and _literal(node.view_name) and ":" not in str(node.view_name.var)


def _simple(node: SimpleNode) -> bool:
    pure = getattr(node.func, _FIXED, False) and not node.takes_context
    return pure and _literal(*node.args, *node.kwargs.values())


def _words(node: BlockTranslateNode) -> bool:
    said = all(token.token_type == TokenType.TEXT for token in node.singular)
    return said and not node.plural and not node.extra_context and _literal(node.message_context)


def _always(node: Node) -> bool:
    return True


_LOOKS: dict[type[Node], Callable[[Any], bool]] = {
    **dict.fromkeys((TextNode, CommentNode, LoadNode, GetCurrentLanguageNode, GetCurrentLanguageBidiNode), _always),
    TranslateNode: lambda node: _literal(node.filter_expression, node.message_context),
    BlockTranslateNode: _words,
    StaticNode: lambda node: _literal(node.path),
    URLNode: _address,
    SimpleNode: _simple,
}
_AS = ("asvar", "target_var", "varname", "variable")


def _name(node: Node) -> str | None:
    """Return the variable that a node puts its answer in, if it does: ``{% translate "Today" as word %}``."""
    return next((name for word in _AS if (name := getattr(node, word, None))), None)


# ── what is kept ─────────────────────────────────────────────────────────────


class Still(Node):
    """Fixed nodes that lie side by side. What they say is kept for each language, with what they put in variables."""

    child_nodelists = ()

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.token, self.origin = nodes[0].token, nodes[0].origin
        self._names = [name for node in nodes if (name := _name(node))]
        self._leads = any(isinstance(node, URLNode) for node in nodes)
        #: What they say and name, by what it depends on.
        self.kept: dict[tuple[object, ...], tuple[str, dict[str, Any]]] = {}

    def render(self, context: Context) -> str:
        key = (get_language(), context.autoescape, get_script_prefix() if self._leads else None)
        kept = self.kept.get(key)
        if kept is None:
            said = "".join(node.render_annotated(context) for node in self.nodes)
            kept = self.kept[key] = said, {name: context[name] for name in self._names}
        said, named = kept
        for name, value in named.items():
            context[name] = value
        return said
