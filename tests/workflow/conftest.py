"""Tiny diagrams, the small pack they are read against, and a database in which its processes run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from formloom.errors import Problem
from formloom.exchange import service_tasks
from formloom.extensions import Extensions
from formloom.metadata import builtin_types, compiler, loader
from formloom.metadata.catalog import Catalog
from formloom.policy import people
from formloom.policy.actor import SYSTEM, Actor
from formloom.policy.policy import Policy
from formloom.records.context import Context
from formloom.settings import Settings
from formloom.storage import tables
from formloom.storage.database import Database, Unit
from formloom.storage.store import Store
from formloom.workflow import definitions, external, incidents, reader
from formloom.workflow.decisions import library
from formloom.workflow.definition import ProcessDefinition
from formloom.workflow.failure import StepFailed

PACK = Path(__file__).parents[1] / "packs" / "approval"
_FRAME = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:formloom="https://formloom.org/bpmn/1.0">
<bpmn:process id="tiny" isExecutable="true">
<bpmn:extensionElements><formloom:binding entity="contract"/>{triggers}</bpmn:extensionElements>
{body}
</bpmn:process>{after}</bpmn:definitions>"""

Read = Callable[..., tuple[ProcessDefinition | None, list[Problem]]]


class Draw:
    """Pieces of a diagram."""

    def flow(self, source: str, target: str, condition: str = "") -> str:
        inner = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
        return (f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">'
                f"{inner}</bpmn:sequenceFlow>")

    def chain(self, *ids: str) -> str:
        return "".join(self.flow(a, b) for a, b in pairwise(ids))

    def start(self, node_id: str = "s") -> str:
        return f'<bpmn:startEvent id="{node_id}"/>'

    def end(self, node_id: str = "e", inner: str = "") -> str:
        return f'<bpmn:endEvent id="{node_id}">{inner}</bpmn:endEvent>'

    def person(self, node_id: str) -> str:
        return (f'<bpmn:userTask id="{node_id}"><bpmn:extensionElements><formloom:assignment role="legal"/>'
                "</bpmn:extensionElements></bpmn:userTask>")

    def script(self, node_id: str, text: str) -> str:
        return f'<bpmn:scriptTask id="{node_id}"><bpmn:script>{text}</bpmn:script></bpmn:scriptTask>'

    def timer(self, node_id: str, kind: str, text: str, attached: str = "", interrupting: bool = True) -> str:
        host = f'attachedToRef="{attached}" cancelActivity="{str(interrupting).lower()}"' if attached else ""
        element = "boundaryEvent" if attached else "intermediateCatchEvent"
        return (f'<bpmn:{element} id="{node_id}" {host}><bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}>'
                f"</bpmn:timerEventDefinition></bpmn:{element}>")

    def diagram(self, body: str, triggers: str = "", after: str = "") -> str:
        return _FRAME.format(body=body, triggers=triggers, after=after)


@pytest.fixture(scope="session")
def draw() -> Draw:
    return Draw()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return compiler.compile(loader.read_pack(PACK), builtin_types.TYPES)


@pytest.fixture
def read(catalog: Catalog, draw: Draw) -> Read:
    def read_body(body: str, triggers: str = "", after: str = "") -> tuple[ProcessDefinition | None, list[Problem]]:
        return reader.read(draw.diagram(body, triggers, after), "tiny.bpmn", catalog, None,
                           library.read_all(catalog)[0])
    return read_body


@pytest.fixture
def definition(read: Read) -> Callable[..., ProcessDefinition]:
    def made(body: str, triggers: str = "", after: str = "") -> ProcessDefinition:
        found, problems = read(body, triggers, after)
        assert found is not None, "\n".join(map(str, problems))
        return found
    return made


PEOPLE = {"sales": 1, "boss": 2, "lawyer": 3, "treasurer": 4, "director": 5, "admin": 6}
_ROLES = {"sales": "sales", "boss": "sales_manager", "lawyer": "legal", "treasurer": "finance", "director": "director",
          "admin": "administrator"}
_ACCOUNTS = (
    "CREATE TABLE ab_user (id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, username TEXT, password TEXT,"
    " active BOOLEAN, email TEXT)",
    "CREATE TABLE ab_role (id INTEGER PRIMARY KEY, name TEXT)",
    "CREATE TABLE ab_user_role (user_id INTEGER, role_id INTEGER)",
    "CREATE TABLE ab_user_group (user_id INTEGER, group_id INTEGER)",
    "CREATE TABLE ab_group_role (group_id INTEGER, role_id INTEGER)",
)


class World:
    """What the runtime composes, for one pack and one database, with a clock that the test moves."""

    def __init__(self, database: Database, catalog: Catalog, files: Path) -> None:
        self.database, self.catalog, self.files = database, catalog, files
        self.clock = datetime(2026, 3, 2, 9, tzinfo=UTC)
        self.extensions = Extensions()
        settings = Settings(home=files, database_url=str(database.url), secret_key="test", public_url="")
        service_tasks.setup(self.extensions, settings, self.now)
        external.setup(self.extensions, self)
        self.tables = tables.build(catalog)
        self.decisions, found = library.read_all(catalog)
        self.definitions, problems = definitions.read_all(catalog, self.extensions.service_tasks.items, self.decisions)
        assert found == []
        assert problems == []

    def now(self) -> datetime:
        return self.clock

    def actor(self, name: str) -> Actor:
        with self.database.read() as unit:
            found = people.load_actor(unit, PEOPLE[name])
        assert found is not None
        return replace(found, admin=name == "admin")

    def use(self, definition: ProcessDefinition) -> None:
        self.definitions = {**self.definitions, definition.key: definition}

    @contextmanager
    def reading(self, actor: Actor | str = SYSTEM) -> Iterator[Context]:
        chosen = self.actor(actor) if isinstance(actor, str) else actor
        with self.database.read() as unit:
            yield self._context(unit, chosen)

    @contextmanager
    def writing(self, actor: Actor | str = SYSTEM) -> Iterator[Context]:
        chosen = self.actor(actor) if isinstance(actor, str) else actor
        try:
            with self.database.write() as unit:
                yield self._context(unit, chosen)
        except StepFailed as failure:
            with self.database.write() as unit:
                incidents.record(self._context(unit, chosen), failure)
            raise

    def _context(self, unit: Unit, actor: Actor) -> Context:
        return Context(
            catalog=self.catalog, store=Store(self.catalog, self.tables), policy=Policy(self.catalog), unit=unit,
            actor=actor, now=self.clock, listeners=tuple(self.extensions.listeners), files=self.files,
            definitions=self.definitions, service_tasks=self.extensions.service_tasks.items, decisions=self.decisions)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with fresh(request.param, tmp_path) as made:
        yield made


@contextmanager
def fresh(kind: str, folder: Path) -> Iterator[Database]:
    """An empty database that goes with the test."""
    if kind == "sqlite":
        yield Database(f"sqlite:///{folder / 'test.db'}")
        return
    server = sa.create_engine("postgresql+psycopg://postgres@127.0.0.1:5432/postgres", isolation_level="AUTOCOMMIT")
    name = f"fl_test_{uuid4().hex}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        database = Database(str(server.url.set(database=name)))
        try:
            yield database
        finally:
            database.engine.dispose()
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture
def world(database: Database, catalog: Catalog, tmp_path: Path) -> World:
    return furnished(database, catalog, tmp_path)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lasting_world(request: pytest.FixtureRequest, catalog: Catalog,
                  tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all tests of a module that look at instances of their own only."""
    folder = tmp_path_factory.mktemp("lasting")
    with fresh(request.param, folder) as database:
        yield furnished(database, catalog, folder)


def furnished(database: Database, catalog: Catalog, files: Path) -> World:
    """With tables and people."""
    database.upgrade()
    made = World(database, catalog, files)
    with database.write() as unit:
        for statement in _ACCOUNTS:
            unit.connection.exec_driver_sql(statement)
        made.tables.metadata.create_all(unit.connection)
        for name, user_id in PEOPLE.items():
            values = {"id": user_id, "name": name, "role": _ROLES[name]}
            for statement in (
                "INSERT INTO ab_user VALUES (:id, :name, '', :name, 'x', true, '')",
                "INSERT INTO ab_role VALUES (:id, :role)", "INSERT INTO ab_user_role VALUES (:id, :id)",
            ):
                unit.connection.execute(sa.text(statement), values)
        people.set_profile(unit, PEOPLE["sales"], manager_id=PEOPLE["boss"])
    return made


MESSAGES = ('<bpmn:message id="paid" name="paid"/><bpmn:message id="thanks" name="thanks"/>'
            '<bpmn:signal id="alarm" name="alarm"/>')


@pytest.fixture
def drawn(catalog: Any, draw: Any, world: Any) -> Callable[..., ProcessDefinition]:
    """Reads a body as the process `key`, and puts it into force."""
    def made(key: str, body: str, extensions: str = "", called: dict[str, str] | None = None) -> ProcessDefinition:
        text = draw.diagram(body, extensions, MESSAGES).replace('id="tiny"', f'id="{key}"')
        service_tasks = world.extensions.service_tasks.items
        found, problems = reader.read(text, f"{key}.bpmn", catalog, service_tasks, called=called or {})
        assert found is not None, "\n".join(map(str, problems))
        world.use(found)
        return found
    return made
