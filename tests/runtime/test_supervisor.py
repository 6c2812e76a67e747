from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from time import monotonic, sleep

from formloom.supervisor import Child, Supervisor

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")
PARENT = """
import sys
from formloom.supervisor import Child, Supervisor
child = Child("child", (sys.executable, "-c", "import time; time.sleep(60)"))
Supervisor([child]).run(lambda: print(child.process.pid if child.process else 0, flush=True))
"""


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition, seconds: float = 10.0) -> bool:
    end = monotonic() + seconds
    while monotonic() < end:
        if condition():
            return True
        sleep(0.05)
    return False


def test_dead_child_is_started_again():
    child, pids = Child("child", SLEEP), []
    supervisor = Supervisor([child])

    def tick() -> None:
        if child.process and child.process.pid not in pids:
            pids.append(child.process.pid)
            if len(pids) == 1:
                os.kill(child.process.pid, signal.SIGKILL)
        if len(pids) == 2:
            supervisor.stopping.set()

    supervisor.run(tick)
    assert len(pids) == 2
    assert not any(alive(pid) for pid in pids)


def test_pause_grows_while_child_keeps_dying():
    child, supervisor = Child("child", (sys.executable, "-c", "raise SystemExit(1)")), Supervisor([])
    supervisor.children = [child]
    threading.Timer(2.5, supervisor.stopping.set).start()
    supervisor.run()
    assert child.pause >= 1.0


def test_child_dies_with_its_parent():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = next(int(line) for line in parent.stdout if int(line))
    assert alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert until(lambda: not alive(child))


def test_term_stops_parent_and_child():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = next(int(line) for line in parent.stdout if int(line))
    parent.terminate()
    assert parent.wait(10) == 0
    parent.stdout.close()
    assert not alive(child)
