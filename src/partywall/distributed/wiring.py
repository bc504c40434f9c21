"""Which of Locust's events and messages does what, on the master and on a worker."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from partywall.distributed.share import CLOCK, DEAL, FINISH, PART, READY, Share
from partywall.gate import EXIT_STATUS
from partywall.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping

    from partywall.distributed.master import Master
    from partywall.distributed.worker import Worker

LINES_CHARS_MAX = 1 << 20
"""Of a history in one message."""

_LOG = logging.getLogger(__name__)


def attach_master(environment: Any, runner: Any, master: Master) -> None:
    """Let a master begin and end tests, and hear its workers; its exit status is the environment's."""
    environment.process_exit_code = EXIT_STATUS[Outcome.INCONCLUSIVE]  # until something is known

    def end(**_: object) -> None:
        environment.process_exit_code = master.end()

    runner.register_message(CLOCK, lambda msg, **_: master.hear_clock(msg.node_id, msg.data))
    runner.register_message(READY, lambda msg, **_: master.hear_ready(msg.node_id, msg.data))
    runner.register_message(PART, lambda msg, **_: master.hear_part(msg.node_id, msg.data))
    environment.events.test_start.add_listener(lambda **_: master.begin())
    # Not test_stop: by then a test without a web UI has asked its workers to leave.
    environment.events.test_stopping.add_listener(end)


def attach_worker(
    environment: Any, runner: Any, work: Callable[[Share], Worker], workers: MutableMapping[Any, Worker]
) -> None:
    """Let a worker do what its master asks for. ``workers`` has it by environment while a test runs."""
    environment.process_exit_code = EXIT_STATUS[Outcome.INCONCLUSIVE]

    def deal(msg: Any, **_: object) -> None:
        trouble = ""
        try:
            workers[environment] = work(Share(**msg.data))
        except Exception as error:
            _LOG.exception("tenants could not be admitted")
            trouble = f"no tenants: {type(error).__name__}: {error}"
        runner.send_message(READY, {"trouble": trouble})

    def finish(**_: object) -> None:
        runner.stop()
        if (worker := workers.pop(environment, None)) is not None:
            figures = asdict(worker.finish())
            for lines in _pieces(worker):
                runner.send_message(PART, {"lines": lines, "figures": {}})
            runner.send_message(PART, {"lines": [], "figures": figures})
            worker.close()
            environment.process_exit_code = EXIT_STATUS[Outcome.HELD]  # the verdict is the master's

    def tell_time(msg: Any, **_: object) -> None:
        runner.send_message(CLOCK, {**msg.data, "there_ns": time.monotonic_ns()})

    runner.register_message(CLOCK, tell_time)
    runner.register_message(DEAL, deal)
    runner.register_message(FINISH, finish)


def _pieces(worker: Worker) -> Iterator[list[str]]:
    lines: list[str] = []
    chars = 0
    for line in worker.part():
        lines.append(line)
        chars += len(line)
        if chars > LINES_CHARS_MAX:
            yield lines
            lines, chars = [], 0
    yield lines
