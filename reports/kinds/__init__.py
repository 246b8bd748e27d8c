"""The kinds of reports: each says what it may be about, reads it, and lays it out.

A kind is one module in this package that registers one :class:`Composer`. What is the same for all of them
(asking, the queue, sealing, handing over, the letterhead, the footer of every page) knows no kind by name.
"""

from reports.kinds.base import Composer, Layout, NotTold, Ordered, Part, composer_of, composers, register

__all__ = ["Composer", "Layout", "NotTold", "Ordered", "Part", "composer_of", "composers", "register"]
