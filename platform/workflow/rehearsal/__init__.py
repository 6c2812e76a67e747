"""Test runs: a process runs for real, in a transaction that is always rolled back, and tells what would have left."""

from __future__ import annotations

from formloom.workflow.rehearsal.effects import Effect
from formloom.workflow.rehearsal.play import Failure, Move, Sample, Trace, rehearse

__all__ = ["Effect", "Failure", "Move", "Sample", "Trace", "rehearse"]
