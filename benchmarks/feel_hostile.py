"""How long hostile expressions of the tests take, the slowest first: python benchmarks/feel_hostile.py [how many]

Seconds of the processor, so that what else the machine does is not counted.
"""

from __future__ import annotations

import contextlib
import runpy
import sys
import time
from pathlib import Path

from formloom import feel

CORPUS = Path(__file__).parents[1] / "tests" / "feel" / "hostile.py"


def seconds(text: str, unary: bool) -> float:
    started = time.process_time()
    with contextlib.suppress(feel.FeelSyntaxError):
        feel.compile(text, unary=unary).evaluate({"x": {}, "?": 1})
    return time.process_time() - started


def main(shown: int) -> None:
    corpus: list[str] = runpy.run_path(str(CORPUS))["HOSTILE"]
    times = [(seconds(text, unary), text, unary) for text in corpus for unary in (False, True)]
    times.sort(reverse=True)
    for spent, text, unary in times[:shown]:
        kind = "unary" if unary else "     "
        print(f"{spent * 1000:8.1f} ms  {kind}  {text[:80].encode('unicode_escape').decode()}")
    print(f"{len(corpus)} expressions, each also as unary tests; over one second: {sum(t > 1 for t, _, _ in times)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
