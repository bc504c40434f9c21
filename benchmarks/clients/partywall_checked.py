"""partywall's load: every response looked at for foreign marks, every exchange cleaned and written to the history."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.clients.report import HEADER, arguments, report
from partywall.config import Config
from partywall.drive.trial import Trial
from partywall.events import Exchanged, TrialOpened
from partywall.model import Request
from partywall.policy import Policy
from partywall.record import HistoryFile
from partywall.target import Credential, Target

if TYPE_CHECKING:
    from partywall.drive.load import Steps
    from partywall.model import Tenant

TENANTS = 8


def main() -> None:
    """Measure, and make sure that everything was written."""
    url, _, connections = arguments()
    base, _, name = url.rpartition("/")
    policy = Policy(operations=("get",))

    def admit(tenant: Tenant) -> Credential:
        return Credential(((HEADER[0], f"{HEADER[1]}-{tenant.number:06}"),))

    def get(_: Tenant) -> Steps:
        while True:
            yield Request("get", "GET", f"/{name}")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.ndjson"
        file = HistoryFile(path, Config(seed=1, folder=Path(folder)))
        trial = Trial(
            Target(base, policy, admit),
            b"benchmark",
            1,
            TENANTS,
            heard=lambda exchange: file(Exchanged("benchmark", exchange)),
        )
        file(TrialOpened("benchmark", "benchmark", policy, trial.everyone))
        sent = 0

        def work(requests: int) -> int:
            nonlocal sent
            loaded = trial.load([get], sessions=connections, seconds=600, requests=requests, reads_kept=0)
            if loaded.answered != requests:
                raise RuntimeError(f"expected {requests} answers, came {loaded}")
            sent += requests
            return requests

        report(work, "httptools", "ahocorasick-rs", "uvloop")
        trial.close()
        file.close()
        with path.open() as lines:
            if (written := sum('"record":"exchange"' in line for line in lines)) != sent:
                raise RuntimeError(f"expected {sent} exchanges in the history, came {written}")


if __name__ == "__main__":
    main()
