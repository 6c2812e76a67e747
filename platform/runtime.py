"""The composition root: settings -> extensions -> catalog -> policy, store, process definitions.

The database says which catalog is in force. Every process asks at most every half second, with one tiny SELECT, and
swaps to the new model as a whole; a unit of work keeps the model it began with.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from formloom import clock, plugins
from formloom.errors import BadConfiguration, FormloomError, Problem, Text
from formloom.exchange import service_tasks
from formloom.extensions import Extensions, JobHandler
from formloom.jobs import queue
from formloom.metadata import builtin_types, compiler
from formloom.metadata.catalog import Catalog
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.kept import KeptCatalog
from formloom.metadata.sources import Source
from formloom.policy import people
from formloom.policy.actor import SYSTEM, Actor
from formloom.policy.policy import Policy
from formloom.records import reach, recomputation, strictness
from formloom.records.context import Context
from formloom.settings import Settings
from formloom.sla import recomputation as sla
from formloom.storage import archive, catalogs, diff, forecast, former, state, tables
from formloom.storage.choices import NO_CHOICES, Choices
from formloom.storage.database import Database, Unit, is_stale_schema
from formloom.storage.store import Store
from formloom.wakeup import Waker
from formloom.workflow import definitions, external, incidents, renamed, sending
from formloom.workflow.decisions import coverage, entity_rules, library
from formloom.workflow.decisions.library import Decisions
from formloom.workflow.definition import ProcessDefinition
from formloom.workflow.failure import StepFailed
from formloom.workflow.simulation import queue as simulations

POLL_SECONDS = 0.5
ACCOUNTS_LIVE_SECONDS = 60.0

Clock = Callable[[], datetime]


def _system_clock() -> datetime:
    return datetime.now(UTC)


def _place(problem: Problem) -> tuple[str, int, int, str]:
    return problem.place.file, problem.place.line, problem.place.column, problem.code


class NotInitialised(FormloomError):
    code, status = "not-initialised", 503

    def __init__(self) -> None:
        super().__init__(
            Text("This database has no configuration yet."), Text("Run: formloom init, then formloom apply <pack>."))


@dataclass(frozen=True, slots=True)
class Model:
    """Everything that follows from one catalog; replaced as a whole, never changed."""

    catalog: Catalog
    tables: tables.Tables
    store: Store
    policy: Policy
    definitions: Mapping[str, ProcessDefinition]
    decisions: Decisions
    tolerated: frozenset[str] = frozenset()     # rules that hold for what is new or changed only


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in. `epoch` is the fingerprint of the password: it changes when the password does."""

    actor: Actor
    epoch: str


class Runtime:
    """One per process; safe to share between threads."""

    def __init__(self, settings: Settings, clock: Clock | None = None, extensions: Extensions | None = None) -> None:
        self.settings = settings
        self.database = Database(settings.database_url)
        self._waker = Waker(settings)
        self.database.wake = self._waker.wake
        self._clock = clock or _system_clock
        self._offset = timedelta()
        self.extensions = extensions or plugins.load(self._standard_extensions(), settings.plugin_paths)
        self._kept = KeptCatalog(settings.home / "cache", settings.secret_key, self.field_types)
        self._model: Model | None = None
        self.former = former.Former()
        self._compiled: tuple[str, Catalog, list[Problem]] | None = None
        self._read: tuple[str, Decisions, list[Problem]] | None = None
        self._pictured: Model | None = None
        self._found: tuple[str, list[Problem]] | None = None
        self.replaced: Callable[[], None] = lambda: None      # called when another model was taken up
        self._security = ""
        self._accounts: dict[int, tuple[float, Account | None]] = {}
        self._asked = float("-inf")
        self._lock = threading.Lock()

    def close(self) -> None:
        """Lets go of every connection; what is used afterwards opens new ones."""
        self._waker.close()
        self.database.engine.dispose()

    def now(self) -> datetime:
        """The time; in demo mode it may have been moved forward (`formloom clock advance`)."""
        return self._clock() + self._offset

    def model(self) -> Model:
        """The model in force, at most half a second old. Raises `NotInitialised` before the first publication."""
        if self._model is None or monotonic() - self._asked >= POLL_SECONDS:
            self.refresh(wait=self._model is None)
        if self._model is None:
            raise NotInitialised
        return self._model

    def account(self, user_id: int) -> Account | None:
        """The person with this id if the account is active; as fresh as the model."""
        policy = self.model().policy
        loaded, account = self._accounts.get(user_id, (float("-inf"), None))
        if monotonic() - loaded < ACCOUNTS_LIVE_SECONDS:
            return account
        security = self._security
        with self.database.read() as unit:
            account = self._load_account(unit, user_id, policy)
        if security == self._security:
            self._accounts[user_id] = (monotonic(), account)
        return account

    def forget_account(self, user_id: int) -> None:
        """The profile was just changed in this process: load it again at once."""
        self._accounts.pop(user_id, None)

    def refresh(self, wait: bool = True) -> bool:
        """Asks the database what is in force; true if the model was replaced. While one thread asks, others go on."""
        if not self._lock.acquire(blocking=wait):
            return False
        try:
            return self._ask()
        finally:
            self._lock.release()

    @contextmanager
    def reading(self, actor: Actor, model: Model | None = None) -> Iterator[Context]:
        chosen = model or self.model()
        with self.database.read() as unit:
            yield self._context(chosen, unit, actor)

    @contextmanager
    def writing(self, actor: Actor, model: Model | None = None) -> Iterator[Context]:
        """One transaction: everything in it commits together, or not at all. A step of a process that failed leaves
        an incident behind, in a transaction of its own.
        """
        chosen = model or self.model()
        try:
            with self.database.write() as unit:
                yield self._context(chosen, unit, actor)
        except StepFailed as failure:
            with self.database.write() as unit:
                incidents.record(self._context(chosen, unit, actor), failure)
            raise

    @contextmanager
    def rehearsing(self, actor: Actor, model: Model | None = None) -> Iterator[Context]:
        """A unit of work that may write, and of which nothing remains and nothing leaves."""
        chosen = model or self.model()
        with self.database.rehearse() as unit:
            yield self._context(chosen, unit, actor)

    def check(self, sources: Sequence[Source]) -> list[Problem]:
        """Every finding about a configuration, sorted by place; nothing is applied."""
        catalog, wrong = self._examined(sources)
        if any(p.severity == "error" for p in wrong):
            found = [*wrong, *library.problems(compiler.decision_files(sources))]
            return sorted(found, key=_place)
        decisions, problems = self._decisions(catalog)
        processes, wrongly_drawn = self._processes(catalog)
        found = [*wrong, *reach.check(catalog), *problems, *coverage.check(decisions.models), *wrongly_drawn,
                 *sending.check(catalog, processes)]
        return sorted(found, key=_place)

    def imagined(self, sources: Sequence[Source]) -> Model | None:
        """The model that these sources would make, for previews; None while it has errors. The last one is kept."""
        catalog, problems = self._examined(sources)
        if any(p.severity == "error" for p in problems):
            return None
        if self._pictured is None or self._pictured.catalog.version != catalog.version:
            self._pictured = self._modelled(catalog)
        return self._pictured

    def outlined(self, sources: Sequence[Source]) -> Catalog:
        """The catalog of these sources as far as it can be read, whatever is wrong with the rest; for designers."""
        return self._examined(sources)[0]

    def decision_findings(self) -> list[Problem]:
        """What there is to say about the decisions in force; looked for once per catalog."""
        current = self.model()
        if self._found is None or self._found[0] != current.catalog.version:
            found = [*self._decisions(current.catalog)[1], *coverage.check(current.decisions.models)]
            self._found = (current.catalog.version, found)
        return self._found[1]

    def plan(self, sources: Sequence[Source], choices: Choices = NO_CHOICES) -> diff.Plan:
        """What publishing would do to the database. Raises `BadConfiguration` with every problem."""
        catalog = self._checked(sources)
        with self.database.read() as unit:
            register = archive.load(unit, self.field_types, catalog)
        return diff.plan(self.current_catalog(), catalog, choices, register)

    def forecast(self, sources: Sequence[Source], choices: Choices = NO_CHOICES) -> forecast.Forecast:
        """What publishing would do to the data; nothing is changed. Raises `BadConfiguration`."""
        plan, catalog, model = self.plan(sources, choices), self._checked(sources), self._model
        with self.database.read() as unit:
            found = forecast.forecast(unit, plan, choices)
            if model is None:
                return found
            context = self._context(model, unit, SYSTEM)
            return replace(found, rules=strictness.strictness(context, catalog, choices))

    def earlier(self, publication: int) -> catalogs.Earlier:
        """The sources of a former publication, and the choices with which publishing them brings its values back."""
        with self.database.read() as unit:
            return catalogs.earlier(unit, publication, self.field_types)

    def publish(self, sources: Sequence[Source], by: Actor = SYSTEM, expected: str | None = None,
                reason: str = "", choices: Choices = NO_CHOICES, within: Callable[[Unit], None] = lambda unit: None,
                progress: catalogs.Progress = catalogs.untold) -> diff.Plan:
        """Checks, plans and applies in one transaction; every process takes the new model up within a second.

        `expected`: the version of the catalog that `sources` were made from. `within` is done in the same transaction.
        Raises BadConfiguration, StaleCatalog, DoesNotConvert, RecordsFail.
        """
        catalog = self._checked(sources)

        def recompute(unit: Unit, old: Catalog | None) -> None:
            within(unit)
            if old is not None:
                renamed.follow(unit, old, catalog, self.extensions.service_tasks.items, self.now())
            for name in recomputation.outdated(old, catalog):
                queue.enqueue(unit, recomputation.JOB, {"entity": name, "after": 0})

        def settle(unit: Unit, old: Catalog | None) -> frozenset[str]:
            model = self._model
            if old is None or model is None:
                return frozenset()
            if model.catalog.version != old.version:
                model = self._modelled(old, catalogs.tolerated(unit))
            return strictness.settle(self._context(model, unit, by), catalog, choices, model.tolerated)

        plan = catalogs.publish(
            self.database, catalog, self.field_types, by.user_id, self.now(), recompute, expected,
            self.current_catalog(), reason, choices, settle, progress)
        self.refresh()
        return plan

    def is_outdated(self, error: Exception, used: str = "") -> bool:
        """Whether a statement failed because tables changed under it, and a newer model than the one that was `used`
        is there now: try again. Another thread may have replaced it meanwhile."""
        if not is_stale_schema(error):
            return False
        replaced = self.refresh()
        return replaced or bool(used and self._model and self._model.catalog.version != used)

    def advance_clock(self, duration: str) -> datetime:
        """Moves the time of a demo forward, in every process; never back, because what happened stays happened."""
        clock.advance(self.database, self.settings.demo, duration)
        self.refresh()
        return self.now()

    @property
    def job_handlers(self) -> Mapping[str, JobHandler]:
        return self.extensions.job_handlers.items

    def _standard_extensions(self) -> Extensions:
        """Built-ins register like a plugin does."""
        extensions = Extensions()
        for field_type in builtin_types.TYPES.values():
            extensions.add_field_type(field_type)
        service_tasks.setup(extensions, self.settings, self.now)
        extensions.add_job_handler(recomputation.JOB, self._recompute)
        external.setup(extensions, self)
        extensions.add_job_handler(simulations.JOB, self._simulate)
        extensions.add_job_handler(sla.JOB, self._recompute_clocks)
        return extensions

    def _recompute_clocks(self, _database: Database, _payload: Mapping[str, Any], _job: int) -> None:
        self.refresh()
        sla.recompute(self)

    def _recompute(self, _database: Database, payload: Mapping[str, Any], _job: int) -> None:
        self.refresh()
        recomputation.carry_out(self, str(payload["entity"]), int(payload["after"]))

    def _simulate(self, _database: Database, payload: Mapping[str, Any], _job: int) -> None:
        self.refresh()
        simulations.carry_out(self, int(payload["simulation"]))

    @property
    def field_types(self) -> Mapping[str, FieldType]:
        return self.extensions.field_types.items

    def _ask(self) -> bool:
        with self.database.read() as unit:
            values = state.values(unit)
            self._offset = timedelta(seconds=int(values.get(clock.OFFSET, "0")))
            if values.get("security", "") != self._security:
                self._security, self._accounts = values.get("security", ""), {}
            version = values.get("catalog")
            replaced = version is not None and (self._model is None or version != self._model.catalog.version)
            if replaced:
                self._model = self._build(str(version), unit)
                self.former = former.load(unit, self._model.catalog)
        self._asked = monotonic()
        if replaced:
            self.replaced()
        return replaced

    def _build(self, version: str, unit: Unit) -> Model:
        compiled = self._compiled[1] if self._compiled and self._compiled[0] == version else None
        catalog = compiled or self._kept.read(version)
        if catalog is None:
            catalog = self._compile(catalogs.load(unit) or ())
            compiled = catalog
        if compiled is not None:
            self._kept.write(catalog)
        self.database.forget_statements()
        return self._modelled(catalog, catalogs.tolerated(unit))

    def _modelled(self, catalog: Catalog, tolerated: frozenset[str] = frozenset()) -> Model:
        built = tables.build(catalog)
        return Model(catalog, built, Store(catalog, built), Policy(catalog), self._processes(catalog)[0],
                     self._decisions(catalog)[0], tolerated)

    def _compile(self, sources: Sequence[Source]) -> Catalog:
        """Raises BadConfiguration with every error; warnings do not stop."""
        catalog, problems = self._examined(sources)
        errors = [p for p in problems if p.severity == "error"]
        if errors:
            raise BadConfiguration(errors)
        return catalog

    def _examined(self, sources: Sequence[Source]) -> tuple[Catalog, list[Problem]]:
        """Checking, planning and publishing ask for the same catalog again and again: the last one is kept."""
        version, kept = compiler.version_of(sources), self._compiled
        if kept is None or kept[0] != version:
            self._compiled = kept = (version, *compiler.examine(sources, self.field_types))
        return kept[1], kept[2]

    def _decisions(self, catalog: Catalog) -> tuple[Decisions, list[Problem]]:
        """Kept like the catalog they are read from."""
        kept = self._read
        if kept is None or kept[0] != catalog.version:
            found, problems = library.read_all(catalog)
            self._read = kept = (catalog.version, found, [*problems, *entity_rules.check(catalog, found)])
        return kept[1], kept[2]

    def _processes(self, catalog: Catalog) -> tuple[dict[str, ProcessDefinition], list[Problem]]:
        return definitions.read_all(catalog, self.extensions.service_tasks.items, self._decisions(catalog)[0])

    def _checked(self, sources: Sequence[Source]) -> Catalog:
        problems = self.check(sources)
        if any(p.severity == "error" for p in problems):
            raise BadConfiguration(problems)
        return self._compile(sources)

    def current_catalog(self) -> Catalog | None:
        """As the database has it at this moment; None before the first publication."""
        self.refresh()
        return self._model.catalog if self._model else None

    def _load_account(self, unit: Unit, user_id: int, policy: Policy) -> Account | None:
        actor = people.load_actor(unit, user_id, self.settings)
        if actor is None:
            return None
        actor = replace(actor, admin=policy.is_admin(actor))
        password = people.password_hash(unit, user_id)
        return Account(actor, hashlib.sha256(password.encode()).hexdigest()[:16])

    def _context(self, model: Model, unit: Unit, actor: Actor) -> Context:
        return Context(
            catalog=model.catalog, store=model.store, policy=model.policy, unit=unit, actor=actor, now=self.now(),
            listeners=tuple(self.extensions.listeners), files=self.settings.files, definitions=model.definitions,
            service_tasks=self.extensions.service_tasks.items, decisions=model.decisions,
            tolerated=model.tolerated,
        )
