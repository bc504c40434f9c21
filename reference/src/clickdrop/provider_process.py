"""A payment provider beside a service of one process, which ends when the service does, in whatever way."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clickdrop.provider.command import CONTROL_KEY_VARIABLE, KEY_VARIABLE
from clickdrop.settings import Provider

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCAL_URL = "http://provider"
"""What a provider behind a Unix socket is called."""
_STOP_SECONDS = 5


@contextmanager
def provider_beside(store: Path, socket: Path) -> Iterator[Provider]:
    """Start one that listens on the socket and keeps its charges in the store; stop it at the end."""
    keys = {KEY_VARIABLE: secrets.token_urlsafe(32), CONTROL_KEY_VARIABLE: secrets.token_urlsafe(32)}
    command = [sys.executable, "-m", "clickdrop", "provider", "--json", "--until-eof"]
    with subprocess.Popen(  # noqa: S603  # the command is ours
        [*command, "--socket", str(socket), "--store", str(store)],
        stdin=subprocess.PIPE,  # which ends when this process does
        stdout=subprocess.PIPE,
        env={**os.environ, **keys},
        process_group=0,  # Ctrl-C is for the service, which may have something left to ask
    ) as process:
        assert process.stdin is not None, "it was told to pipe it"
        assert process.stdout is not None, "it was told to pipe it"
        try:
            process.stdout.readline()
            yield Provider(LOCAL_URL, keys[KEY_VARIABLE], socket)
        finally:
            process.stdin.close()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
