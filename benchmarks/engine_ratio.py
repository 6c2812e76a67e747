"""What a step of an approval costs beside bare SpiffWorkflow with its stock serializer: both in one run.

    python benchmarks/engine_ratio.py [--postgresql postgresql://postgres@127.0.0.1/] [--rounds 1000]

Both run the approval of tests/packs/approval: start, persist, reload, complete a user task, persist; each transaction
is committed. SpiffWorkflow keeps its JSON in one table and the record in its data. Formloom is measured twice: its
engine and state in one table just like that; and as it runs, with the record in a table of its own, rules, inbox,
history, audit, notifications, and one lock. The second table is a loop of one user task: how long a step takes and how
large the state is after many rounds, compared with the first.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from formloom import installation, settings
from formloom.metadata import loader
from formloom.metadata.sources import Source
from formloom.policy.actor import SYSTEM, Actor
from formloom.records import actions
from formloom.runtime import Runtime
from formloom.storage import platform_tables as t
from formloom.workflow import engine, instances, tasks
from formloom.workflow.definition import ProcessDefinition

PACK = Path(__file__).parents[1] / "tests" / "packs" / "approval"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEYS = {"approval": "contract_approval", "loop": "loop"}
BATCHES, SIZE = 5, 20           # medians of so many batches, each of so many processes
WINDOW = 25                     # rounds that the first and the last are taken from
SPIFF_ROUNDS = 300              # bare SpiffWorkflow loses its tasks after about 500
RECORD = {"name": "Line 4", "amount": 600_000, "customer": "x" * 2000, "lines": [{"product": "p" * 20, "n": i}
                                                                               for i in range(10)]}
_HEAD = ('<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
         ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:formloom="https://formloom.org/bpmn/1.0">')


def flow(source: str, target: str, condition: str = "") -> str:
    inner = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
    return (f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}'
            "</bpmn:sequenceFlow>")


def node(kind: str, name: str, more: str = "") -> str:
    return f'<bpmn:{kind} id="{name}" {more}/>'


def approval() -> str:
    """The diagram of the pack, with conditions in Python and scripts where the pack writes records."""
    people = "".join(node("userTask", one) for one in ("manager", "legal", "finance", "director"))
    scripts = "".join(f'<bpmn:scriptTask id="{one}"><bpmn:script>{one}_done = True</bpmn:script></bpmn:scriptTask>'
                      for one in ("sign", "plan", "tell", "back"))
    ways = [("s", "manager"), ("manager", "manager_said"), ("ask", "legal"), ("ask", "finance"), ("legal", "answered"),
            ("finance", "answered"), ("answered", "all_said"), ("director", "director_said"), ("agreed", "sign"),
            ("sign", "plan"), ("plan", "tell"), ("tell", "e"), ("back", "e2"), ("manager_said", "back"),
            ("all_said", "back"), ("director_said", "back"), ("large", "agreed"), ("very_large", "agreed")]
    choices = [("manager_said", "large", "manager_outcome == 'approve'"), ("large", "ask", "amount &gt; 50000"),
               ("all_said", "very_large", "legal_outcome == 'approve' and finance_outcome == 'approve'"),
               ("very_large", "director", "amount &gt; 500000"),
               ("director_said", "agreed", "director_outcome == 'approve'")]
    gateways = "".join(node("exclusiveGateway", one, f'default="{one}_{other}"') for one, other in (
        ("manager_said", "back"), ("large", "agreed"), ("all_said", "back"), ("very_large", "agreed"),
        ("director_said", "back")))
    others = "".join(node(kind, name) for kind, name in (
        ("startEvent", "s"), ("exclusiveGateway", "agreed"), ("parallelGateway", "ask"),
        ("parallelGateway", "answered"), ("endEvent", "e"), ("endEvent", "e2")))
    return process("approval", people + scripts + gateways + others + "".join(flow(*w) for w in (*ways, *choices)))


def loop(condition: str, extensions: str = "") -> str:
    person = ('<bpmn:userTask id="work"><bpmn:extensionElements><formloom:assignment role="legal"/>'
              '<formloom:outcome value="again" label="Again"/><formloom:outcome value="enough" label="Enough"/>'
              "</bpmn:extensionElements></bpmn:userTask>" if extensions else node("userTask", "work"))
    return process("loop", node("startEvent", "s") + person + node("exclusiveGateway", "g", 'default="g_work"')
                   + node("endEvent", "e") + flow("s", "work") + flow("work", "g") + flow("g", "work")
                   + flow("g", "e", condition), extensions)


def process(key: str, body: str, extensions: str = "") -> str:
    inner = f"<bpmn:extensionElements>{extensions}</bpmn:extensionElements>" if extensions else ""
    return f'{_HEAD}<bpmn:process id="{key}" isExecutable="true">{inner}{body}</bpmn:process></bpmn:definitions>'


# -- the contenders: each starts a process, and completes one user task of it, in a transaction of its own ---------


class OneTable:
    """Processes as text, each in a row that is locked while it moves."""

    def __init__(self, database: sa.Engine) -> None:
        self.database = database
        self.table = sa.Table(f"blob_{uuid4().hex[:8]}", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True),
                              sa.Column("state", sa.Text))
        self.table.create(database)

    def first(self, key: str) -> str:
        raise NotImplementedError

    def next(self, text: str, outcome: str) -> str:
        raise NotImplementedError

    def start(self, key: str) -> int:
        text = self.first(key)
        with self._transaction() as connection:
            row = sa.insert(self.table).values(state=text).returning(self.table.c.id)
            return int(connection.scalar(row) or 0)

    def complete(self, number: int, outcome: str) -> None:
        here = self.table.c.id == number
        with self._transaction() as connection:
            text = connection.scalar(sa.select(self.table.c.state).where(here).with_for_update())
            connection.execute(sa.update(self.table).where(here).values(state=self.next(text or "", outcome)))

    def size(self, number: int) -> int:
        with self._transaction() as connection:
            return len(connection.scalar(sa.select(self.table.c.state).where(self.table.c.id == number)) or "")

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        with (self.database.connect().execution_options(sqlite_begin="IMMEDIATE") as connection,
              connection.begin()):
            yield connection


class Spiff(OneTable):
    """SpiffWorkflow with its stock serializer."""

    def __init__(self, database: sa.Engine) -> None:
        super().__init__(database)
        self.serializer = BpmnWorkflowSerializer(registry=BpmnWorkflowSerializer.configure())
        self.specs = {key: self._parse(key, text) for key, text in (
            ("approval", approval()), ("loop", loop("work_outcome == 'enough'")))}

    def _parse(self, key: str, text: str) -> Any:
        parser = BpmnParser()
        parser.add_bpmn_io(io.BytesIO(text.encode()))
        return parser.get_spec(key), parser.get_subprocess_specs(key)

    def first(self, key: str) -> str:
        workflow = BpmnWorkflow(*self.specs[key])
        workflow.do_engine_steps()
        for task in workflow.get_tasks(state=TaskState.READY):
            task.data.update(RECORD)
        return str(self.serializer.serialize_json(workflow))

    def next(self, text: str, outcome: str) -> str:
        workflow = self.serializer.deserialize_json(text)
        task = workflow.get_next_task(state=TaskState.READY, manual=True)
        task.data[f"{task.task_spec.name}_outcome"] = outcome
        task.run()
        workflow.do_engine_steps()
        return str(self.serializer.serialize_json(workflow))


class Engine(OneTable):
    """Formloom's engine and state, without the platform around it."""

    def __init__(self, database: sa.Engine, definitions: Mapping[str, ProcessDefinition]) -> None:
        super().__init__(database)
        self.definitions = definitions
        self.names = {**RECORD, "record": RECORD, "user": {"id": 1}, "owner": 1}

    def first(self, key: str) -> str:
        definition = self.definitions[KEYS[key]]
        return f"{KEYS[key]} {engine.start(definition, self.names, NOW).dump()}"

    def next(self, text: str, outcome: str) -> str:
        key, _, state = text.partition(" ")
        execution = engine.load(self.definitions[key], state, self.names, NOW)
        token = next(token for token in execution.waiting() if token.kind == "user")
        execution.complete(token.id, {"outcome": outcome, "comment": "", "by": 1, "at": NOW}, NOW)
        return f"{key} {execution.dump()}"


@dataclass
class Formloom:
    """The platform as it runs."""

    runtime: Runtime

    def __post_init__(self) -> None:
        bound = '<formloom:binding entity="contract"/><formloom:trigger on="manual"/>'
        looped = loop('work.outcome = "enough"', bound)
        installation.prepare(self.runtime)
        sources = [*loader.read_pack(PACK), Source("approval", "workflows/loop.bpmn", looped)]
        installation.apply(self.runtime, PACK, sources)
        self.boss: Actor = replace(SYSTEM, roles=frozenset({"sales_manager", "legal", "finance", "director"}))
        with self.runtime.writing(SYSTEM) as context:
            self.record = int(actions.create(context, "contract", {"name": "Line 4", "amount": 600_000}).id)

    def start(self, key: str) -> int:
        with self.runtime.writing(self.boss) as context:
            definition = context.definitions[KEYS[key]]
            return instances.start(context, definition, ("contract", self.record)).id

    def complete(self, number: int, outcome: str) -> None:
        with self.runtime.writing(self.boss) as context:
            waiting = (t.fl_task.c.instance_id == number) & t.fl_task.c.status.in_(("ready", "claimed"))
            task = context.unit.connection.scalar(sa.select(t.fl_task.c.id).where(waiting).limit(1))
            tasks.complete(context, int(task or 0), outcome)

    def size(self, number: int) -> int:
        with self.runtime.reading(SYSTEM) as context:
            state = sa.select(t.fl_instance.c.state).where(t.fl_instance.c.id == number)
            return len(context.unit.connection.scalar(state) or "")


# -- measuring ---------------------------------------------------------------------------------------------------------


def throughput(contenders: Sequence[Any]) -> list[float]:
    """Processes a second that are started and have one user task completed; batches take turns."""
    times: list[list[float]] = [[] for _ in contenders]
    for _ in range(BATCHES + 1):
        for contender, taken in zip(contenders, times, strict=True):
            taken.append(_timed(lambda c=contender: [c.complete(c.start("approval"), "approve") for _ in range(SIZE)]))
    return [SIZE / median(taken[1:]) for taken in times]       # the first batch warms up


def looped(contender: Any, rounds: int) -> tuple[float, float, int, int]:
    """Milliseconds of a step in the first and the last rounds, and the sizes of the state."""
    number, taken, sizes = contender.start("loop"), [], []
    for _ in range(rounds):
        taken.append(_timed(lambda: contender.complete(number, "again")))
        sizes.append(contender.size(number) if len(sizes) in (WINDOW - 1, rounds - 1) else 0)
    return median(taken[5:WINDOW]) * 1000, median(taken[-WINDOW:]) * 1000, sizes[WINDOW - 1], sizes[-1]


def _timed(act: Callable[[], Any]) -> float:
    started = perf_counter()
    act()
    return perf_counter() - started


@contextmanager
def opened(url: str) -> Iterator[Runtime]:
    with tempfile.TemporaryDirectory() as home:
        runtime = Runtime(settings.from_environment({
            "FORMLOOM_HOME": home, "FORMLOOM_PLUGINS": "", "FORMLOOM_DATABASE_URL": url, "FORMLOOM_LANGUAGE": "en"}))
        runtime.database.wake = None
        yield runtime
        runtime.close()


@contextmanager
def fresh(server: str) -> Iterator[str]:
    engine = sa.create_engine(server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    name = f"fl_bench_{uuid4().hex}"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            yield engine.url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


def compare(label: str, url: str, rounds: int) -> dict[str, Any]:
    with opened(url) as runtime:
        ours = Formloom(runtime)
        theirs = Spiff(runtime.database.engine)
        bare = Engine(runtime.database.engine, runtime.model().definitions)
        spiff, engine_alone, platform = throughput([theirs, bare, ours])
        print(f"| {label} | {spiff:.0f}/s | {engine_alone:.0f}/s = {engine_alone / spiff:.2f} |"
              f" {platform:.0f}/s = {platform / spiff:.2f} |", flush=True)
        return {"label": label, "ours": looped(ours, rounds), "theirs": looped(theirs, min(rounds, SPIFF_ROUNDS))}


def main() -> None:
    logging.disable()
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("--postgresql", default="")
    given.add_argument("--rounds", type=int, default=1000)
    given.add_argument("--json", action="store_true")
    options = given.parse_args()
    print("| start, persist, reload, complete, persist | SpiffWorkflow | Formloom's engine | Formloom, all of it |\n"
          "|---|---|---|---|")
    found = [compare("SQLite", "", options.rounds)]
    if options.postgresql:
        with fresh(options.postgresql) as url:
            found.append(compare("PostgreSQL", url, options.rounds))
    print("\n| a loop of one user task | rounds | step first, last, ms | ratio | state first, last, bytes | ratio |\n"
          "|---|---|---|---|---|---|")
    for one in found:
        for name, rounds, (first, last, small, large) in (
                ("Formloom", options.rounds, one["ours"]),
                ("SpiffWorkflow", min(options.rounds, SPIFF_ROUNDS), one["theirs"])):
            print(f"| {name}, {one['label']} | {rounds} | {first:.2f}, {last:.2f} | {last / first:.2f} |"
                  f" {small}, {large} | {large / small:.2f} |")
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
