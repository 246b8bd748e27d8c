"""One piece of memory for the frames of all calls of a request.

Python keeps frames in pieces of 16 KiB, and gives a piece back as soon as the first call in it returns. Where a page's
loop happens to call across the end of a piece, each call maps memory anew: on a couple's page 500 times, a fifth of its
time. How deep that is, nobody chooses. A call with much room of its own begins a piece in which all others fit.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")
#: In words of the machine. As much again is left for the calls inside: more than may ever be under way. What nobody
#: touches takes no memory.
ROOM = 2**15


def in_one_piece(call: Callable[Given, Result]) -> Callable[Given, Result]:
    """Return what does the same as ``call``, with the frames of what it calls in one piece of memory."""

    def ample(*given: Given.args, **named: Given.kwargs) -> Result:
        return call(*given, **named)

    ample.__code__ = ample.__code__.replace(co_stacksize=ROOM)
    return ample
