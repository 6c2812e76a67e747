"""The run-time engine, and the only package that knows SpiffWorkflow. Give it a definition, a scope and a clock."""

from __future__ import annotations

from formloom.workflow.engine.events import Sent, UncaughtError, text_of
from formloom.workflow.engine.execution import EndlessLoop, Execution, Step, StuckProcess, Token, load, start
from formloom.workflow.engine.migration import CannotMove, Moved, Obstacle, migrate
from formloom.workflow.engine.state import BadState, BadVariable, dump_start, load_start, read_values, write_values

__all__ = ["BadState", "BadVariable", "CannotMove", "EndlessLoop", "Execution", "Moved", "Obstacle", "Sent", "Step",
           "StuckProcess", "Token", "UncaughtError", "dump_start", "load", "load_start", "migrate", "read_values",
           "start", "text_of", "write_values"]
