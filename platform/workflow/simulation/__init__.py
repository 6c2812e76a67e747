"""What would have become of the last cases under another diagram: replayed from history on a simulated clock."""

from __future__ import annotations
