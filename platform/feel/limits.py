"""Bounds that keep any text and any evaluation short. Raising one is safe; removing one is not."""

from __future__ import annotations

TEXT = 20_000            # characters of an expression
DEPTH = 100              # nested constructs in a text
STEPS = 1_000_000        # evaluated nodes inside loops and calls, plus the sizes of what built-ins walk through
LIST = 100_000           # elements of one list
STRING = 1_000_000       # characters of one string
CALLS = 60               # functions calling each other
WARNINGS = 50            # warnings kept for one evaluation
PATTERN = 1_000          # characters of a regular expression
PATTERN_SECONDS = 0.25   # for all regular expressions of one evaluation
