"""A great many responses of a service that never leaks, all judged: not one may be said to leak.

    python -m scripts.clean_responses [RESPONSES [SEED]]

Trial by trial, so that memory stays bounded. Prints responses, findings, CPU time and peak memory; exits 1 if
anything was found.
"""

from __future__ import annotations

import resource
import sys
import time
from random import Random

from partywall.model import Outcome
from partywall.oracle.judge import judge
from tests.partywall.perfect import POLICY, Model

STEPS = 400
TENANTS = (2, 4, 8, 16)


def main() -> int:
    """Judge so many responses."""
    wanted, seed = (int(word) for word in [*sys.argv[1:], *("1000000", "1")[len(sys.argv) - 1 :]])
    judged = findings = trials = tenants = not_held = 0
    in_judge_s = 0.0
    while judged < wanted:
        random = Random(seed + trials)
        model = Model(random, tenants=TENANTS[trials % len(TENANTS)], first=1 + tenants)
        model.settle()
        for _ in range(STEPS):
            model.step()
        began = time.process_time()
        judgement = judge(model.history, POLICY)
        in_judge_s += time.process_time() - began
        for finding in judgement.verdict.findings:
            print(f"false alarm in trial {trials}: {finding}")
        judged += judgement.judged
        findings += len(judgement.verdict.findings)
        not_held += judgement.verdict.outcome is not Outcome.HELD
        trials += 1
        tenants += len(model.tenants)
        if trials % 100 == 0:
            print(f"{judged} responses, {findings} findings", flush=True)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{judged} responses of {tenants} tenants in {trials} trials: {findings} findings, {not_held} trials not held; "
        f"{in_judge_s:.0f} s CPU judging ({in_judge_s / judged * 1e6:.0f} microseconds a response), "
        f"{time.process_time():.0f} s in all, {peak_mb:.0f} MB at most"
    )
    return 1 if findings or not_held else 0


if __name__ == "__main__":
    sys.exit(main())
