"""Authentication files of Web Fuzzing Commons (https://github.com/WebFuzzing/Commons, auth.md), read as they are.

Schemathesis validates and reads them; of the older ``token`` form (extractFromField, httpHeaderName, headerPrefix) the
newer is made first.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from partywall.errors import UsageError
from partywall.suite.generic.settings import read_toml

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> list[dict[str, Any]] | None:
    """The tenants of a file, as `credentials.known` takes them; None if it isn't of this format.

    Raises:
        UsageError: it can't be read.
    """
    document = _document(path)
    if not isinstance(document, dict) or "auth" not in document:
        return None
    from schemathesis.wfc.errors import WFCError
    from schemathesis.wfc.loader import load_from_dict

    try:
        entries = load_from_dict(_newer(document))
    except WFCError as error:
        raise UsageError(f"{path}: no authentication file of Web Fuzzing Commons: {_why(error)}") from None
    return [{"name": entry.name, "credentials": [_credential(entry)]} for entry in entries]


def _why(error: Exception) -> str:
    """Where a file is not as its schema says: the validator's own message shows the value there."""
    place, rule = (getattr(error.__context__, f"{each}_path", ()) for each in ("instance", "schema"))
    return f"/{'/'.join(map(str, place))} breaks the rule {rule[-1]!r} of its schema" if rule else str(error)


def _document(path: Path) -> Any:
    if path.suffix == ".toml":
        return read_toml(path)
    try:
        text = path.read_text("utf-8")
        if path.suffix == ".json":
            return json.loads(text)
        import yaml

        return yaml.safe_load(text)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: expected tenants in TOML, YAML or JSON; {error}") from error
    except Exception as error:
        raise UsageError(f"{path}: expected YAML; {str(error).partition(chr(10))[0]}") from error


def _newer(value: Any) -> Any:
    if isinstance(value, list):
        return [_newer(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {key: _newer(each) for key, each in value.items()}
    token = found.get("token")
    if isinstance(token, dict) and "extractFromField" in token:
        found["token"] = {
            "extractFrom": "body",
            "extractSelector": token["extractFromField"],
            "sendIn": "header",
            "sendName": token.get("httpHeaderName", "Authorization"),
            "sendTemplate": f"{token.get('headerPrefix', '')}{{token}}",
        }
    return found


def _credential(entry: Any) -> dict[str, Any]:
    if entry.fixed_headers:
        return {"kind": "headers", "headers": {each.name: each.value for each in entry.fixed_headers}}
    login, user = entry.login_endpoint_auth, entry.login_endpoint_auth.credentials
    told: dict[str, Any] = {
        "kind": "log-in",
        "url": login.external_endpoint_url or "/" + login.endpoint.lstrip("/"),
        "method": login.verb,
        "headers": {each.name: each.value for each in login.headers},
    }
    if login.content_type:
        told["content-type"] = login.content_type
    if login.payload_raw is not None:
        told["raw"] = login.payload_raw
    elif user is not None:
        form = "form" if "urlencoded" in (login.content_type or "") else "json"
        told[form] = {user.username_field: user.username, user.password_field: user.password}
    if (token := login.token) is not None:
        told["token" if token.extract_from == "body" else "token-header"] = token.extract_selector
        told["header" if token.send_in == "header" else "query"] = token.send_name
        told["template"] = token.send_template
    else:
        told["cookies"] = True
    return told
