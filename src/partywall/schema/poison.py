"""Operations whose traffic would spoil a run: they take away what everybody stands on, or the caller's own account.

Told by the words of method, path, name and summary. A wrong guess is put right in the settings (``apart``, ``role``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from partywall.schema.operations import Operation

_EVERYBODY = re.compile(
    r"(?<![a-z])(reset|flush|purge|wipe|truncate|erase|factory|shutdown|shut[_-]?down|restart|reboot|"
    r"drop[_-]?(all|database|db)|delete[_-]?all|clear[_-]?(all|database|db|cache)|re?seed|migrate|restore)(?![a-z])"
)
_CREDENTIAL = re.compile(
    r"(?<![a-z])(password|passwd|passphrase|logout|log[_-]?out|signout|sign[_-]?out|2fa|mfa|otp|"
    r"rotate|revoke|deactivate|(de)?activation|impersonate)(?![a-z])"
)
_SELF = re.compile(r"/(me|self|current|account|profile|whoami|users?/(me|self|current|\{user_?(name|id)?\}))(/|$)")
_ROLE = re.compile(r"(?<![a-z])(roles?|permissions?|promote|demote|username|admin)(?![a-z])")
_LOG_IN = re.compile(r"(?<![a-z])(login|log[_-]?in|signin|sign[_-]?in|authenticate|oauth2?|token|sessions?)(?![a-z])")
_SIGN_UP = re.compile(r"(?<![a-z])(signup|sign[_-]?up|register|registration)(?![a-z])")


def spoils_run(operation: Operation) -> str:
    """Why an operation is not to be sent at all, "" if it may be."""
    if operation.reads:
        return ""
    if found := _EVERYBODY.search(_words(operation)):
        return f"{found.group(1)!r} in its name: it may take away what every tenant stands on"
    if operation.method == "DELETE" and not operation.slots and not _SELF.search(operation.path.lower()):
        return "DELETE of a whole collection: it may take away what every tenant stands on"
    return ""


def spoils_caller(operation: Operation) -> str:
    """Why an operation is tried only on principals made for that, "" if it may be tried on anybody."""
    words = _words(operation)
    if found := _CREDENTIAL.search(words):
        return f"{found.group(1)!r} in its name: it may end or change the caller's own credential"
    if operation.reads:
        return ""
    own = _SELF.search(operation.path.lower())
    if own and operation.method == "DELETE":
        return "it may delete the caller's own account"
    if own and operation.method in ("PUT", "PATCH"):
        return "it may change the caller's own name, role or password"
    if own and (found := _ROLE.search(words)):
        return f"{found.group(1)!r} in its name: it may change the caller's own role or name"
    return ""


def logs_in(operation: Operation) -> str:
    """Why an operation is a log-in or a sign-up, "" if it is none."""
    words = _words(operation)
    if operation.method == "POST" and (_LOG_IN.search(words) or _SIGN_UP.search(words)) and not operation.slots:
        return "it logs in or signs up: used only where the settings name it"
    return ""


def _words(operation: Operation) -> str:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation.name)
    return f"{operation.path} {name}".lower()
