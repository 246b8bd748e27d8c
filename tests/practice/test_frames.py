"""Calls inside of one that has one piece of memory for all frames take none anew, however deep they are."""

import resource

from practice.frames import in_one_piece

DEEPEST, TIMES = 400, 1_000


def nothing() -> None:
    return None


def call_at_each_depth(depth: int) -> None:
    for _time in range(TIMES):
        nothing()
    if depth:
        call_at_each_depth(depth - 1)


def test_no_depth_is_slow() -> None:
    ample = in_one_piece(call_at_each_depth)
    ample(DEEPEST)
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    ample(DEEPEST)
    # The piece itself is mapped once; at the end of a small one it would be once a call.
    assert resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before < TIMES / 10


def test_it_does_what_was_asked_for() -> None:
    assert in_one_piece(divmod)(7, 2) == (3, 1)
    assert in_one_piece(dict)(one=1) == {"one": 1}
