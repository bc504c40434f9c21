"""Locust's FastHttpUser's session, one a connection; nothing is checked."""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import gevent  # noqa: E402  # after the patch
from locust.contrib.fasthttp import FastHttpSession  # noqa: E402
from locust.env import Environment  # noqa: E402

from benchmarks.clients.report import HEADER, arguments, report  # noqa: E402


def main() -> None:
    """Measure."""
    url, _, connections = arguments()
    base, _, name = url.rpartition("/")
    environment = Environment()
    sessions = [FastHttpSession(base, environment.events.request, user=None) for _ in range(connections)]

    def work(requests: int) -> int:
        made, left = 0, requests

        def user(session: FastHttpSession) -> None:
            nonlocal made, left
            while left > 0:
                left -= 1
                answer = session.get(f"/{name}", headers=dict([HEADER]))
                made += answer.status_code == 200 and bool(answer.content)

        gevent.joinall([gevent.spawn(user, session) for session in sessions], raise_error=True)
        return made

    report(work, "locust", "gevent")


if __name__ == "__main__":
    main()
