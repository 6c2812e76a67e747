"""Call activities: the called process becomes what is inside the call, with ids of its own (`check/review`).

So one instance holds the whole, a step commits or fails as one, and errors climb out of a call as out of a sub-process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from formloom.errors import Problem, Text
from formloom.workflow.definition import Flow, Node, ProcessDefinition
from formloom.workflow.reading import Reading

MAX_DEPTH = 10          # calls within calls
MAX_NODES = 2000        # with everything that is called

ReadCalled = Callable[[str], ProcessDefinition | None]


def expand(definition: ProcessDefinition, targets: Mapping[str, str], reading: Reading,
           read_called: ReadCalled) -> ProcessDefinition:
    """`targets`: the key of the process that each call activity calls."""
    nodes, flows, called = dict(definition.nodes), list(definition.flows), dict[str, str]()
    for call_id, key in targets.items():
        call = definition.nodes[call_id]
        inner = _callable(call, key, definition, reading, read_called)
        if inner is None:
            continue
        nodes |= {node.id: node for node in _within(call_id, inner.nodes.values())}
        flows += _flows_within(call_id, inner.flows)
        called |= {key: inner.text, **inner.called}
        if len(nodes) > MAX_NODES:
            reading.problems.append(Problem("bpmn-limit", Text(
                "With what it calls, the process has more than {limit} elements.", limit=MAX_NODES), definition.place))
            break
    return replace(definition, nodes=nodes, flows=tuple(flows), called=called)


def _callable(call: Node, key: str, caller: ProcessDefinition, reading: Reading,
              read_called: ReadCalled) -> ProcessDefinition | None:
    if key in (caller.key, *reading.callers) or len(reading.callers) >= MAX_DEPTH:
        _problem(call, reading, Text("{element} calls {process}, in which it stands itself.", element=call.id,
                                     process=key),
                 Text("Draw a loop instead."))
        return None
    if key not in reading.called:
        _problem(call, reading, Text("{element} calls the process {process}, which is in no pack.", element=call.id,
                                     process=key or '""'),
                 Text("Give the id of a process of the packs."))
        return None
    inner = read_called(key)
    if inner is None:
        _problem(call, reading, Text("{element} calls {process}, which cannot run.", element=call.id, process=key),
                 Text("See the problems of its own file."))
    elif inner.entity not in ("", caller.entity):
        _problem(call, reading, Text("{element} calls {process}, which is about another entity: {entity}.",
                                     element=call.id, process=key, entity=inner.entity),
                 Text("Bind both to the same entity, or start it from a service task."))
        return None
    else:
        _check_inputs(call, inner, reading)
    return inner


def _check_inputs(call: Node, inner: ProcessDefinition, reading: Reading) -> None:
    for name in sorted(set(call.parameters) - set(inner.inputs)):
        _problem(call, reading, Text("{element} gives {name}, which {process} does not take.", element=call.id,
                                     name=name, process=inner.key),
                 Text('Declare it there: <formloom:input name="..."/>.'))


def _problem(call: Node, reading: Reading, message: Text, hint: Text) -> None:
    reading.problems.append(Problem("bpmn-call", message, call.place, hint, element=call.id))


def _within(call: str, nodes: Iterable[Node]) -> list[Node]:
    def named(given: str) -> str:
        return f"{call}/{given}" if given else ""

    return [replace(node, id=named(node.id), scope=named(node.scope) or call, attached_to=named(node.attached_to),
                    default=named(node.default)) for node in nodes]


def _flows_within(call: str, flows: Iterable[Flow]) -> list[Flow]:
    return [replace(flow, id=f"{call}/{flow.id}", source=f"{call}/{flow.source}", target=f"{call}/{flow.target}")
            for flow in flows]
