"""Which process a BPMN file holds; what is in it is read by `workflow`."""

from __future__ import annotations

import hashlib

from formloom.errors import Place, Problem, Text
from formloom.metadata import xml_source
from formloom.metadata.sources import ProcessSource, Source

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


def read(source: Source) -> tuple[ProcessSource | None, list[Problem]]:
    root, problems = xml_source.root(source)
    if root is None:
        return None, problems
    executable = [p for p in root.iter(f"{BPMN}process") if p.get("isExecutable") == "true" and p.get("id")]
    if len(executable) != 1:
        return None, [
            Problem(
                "no-process",
                Text("The file must hold one executable process; it holds {count}.", count=len(executable)),
                Place(source.path),
            )
        ]
    digest = hashlib.sha256(source.text.encode()).hexdigest()
    key = str(executable[0].get("id"))
    return ProcessSource(key, source.pack, source.text, digest, xml_source.place(source, executable[0])), []
