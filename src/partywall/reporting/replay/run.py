"""The programme, run in the service."""

from __future__ import annotations

import base64
import itertools
import random
import re
import secrets
import string
import time
import urllib.parse
from typing import TYPE_CHECKING, Any

import httpx

from partywall.reporting.replay.answers import Answer, shown_at
from partywall.reporting.replay.service import EndedError, NotRunError

if TYPE_CHECKING:
    from partywall.reporting.replay.service import Service


NOT_YET = frozenset({404, 409, 425})
"""How a service answers who asks for something before it is there."""
AWAITED_S, AGAIN_S = 2.0, 0.05
"""For how long, and how often, what a job makes is asked for."""
LISTENED_S = 2.0
"""For how long streams are listened to, after all else has been sent."""


class Run:
    """The programme in a service. Values that responses assign are kept over all attempts.

    Attributes:
        answers: number of a step -> its latest answer. fresh: the answers of this attempt.
        words: what is planted in the place of the words that were planted when it was found.
    """

    def __init__(self, program: dict[str, Any], service: Service) -> None:
        self.program = program
        self.service = service
        self.answers: dict[int, Answer] = {}
        self.fresh: list[Answer] = []
        self.words: dict[str, str] = {}
        self._chosen: dict[str, str] = {}

    def plant_anew(self, attempt: int) -> None:
        """Other words from now on: what can be made but once by its name, can be made again."""
        draw = random.Random(attempt)  # noqa: S311  # no secret
        self.words = {word: _other(word, draw) for word in self.program["planted"]}

    def planted(self, text: str) -> str:
        """A text with the words that are planted now."""
        if not self.words:
            return text
        return re.sub("|".join(map(re.escape, self.words)), self._word, text, flags=re.IGNORECASE)

    def _word(self, found: re.Match[str]) -> str:
        word = self.words[found[0].lower()]
        return word.upper() if found[0].isupper() else word

    def attempt(self, first: int, hang_up_ms: float | None) -> str:
        """Run the steps from an index on. Returns what kept it from running, "" if nothing did."""
        self.fresh = []
        steps = self.program["steps"][first:]
        try:
            for _, group in itertools.groupby(steps, key=lambda s: (s["group"], s["group"] is None and s["number"])):
                for answer in self._send(list(group), hang_up_ms):
                    self.answers[answer.step["number"]] = answer
                    self.fresh.append(answer)
                    self._refused(answer)
        except EndedError:
            pass
        except NotRunError as error:
            return str(error)
        except (httpx.HTTPError, OSError) as error:
            return f"{type(error).__name__}: {error}"
        finally:
            for answer in self.service.heard(LISTENED_S):
                self.answers[answer.step["number"]] = answer
                self.fresh.append(answer)
        return ""

    def _send(self, together: list[dict[str, Any]], hang_up_ms: float | None) -> list[Answer]:
        prepared = [(step, self._request(step)) for step in together]
        if together[0]["listens"]:
            self.service.listen(*prepared[0])
            return []
        if wait_s := together[0]["wait_s"]:
            time.sleep(wait_s)
        if (after_ms := together[0]["hang_up_ms"]) is None:
            awaited = [self._awaited(each) for each in prepared if each[0]["awaited"]]
            return awaited if awaited and len(prepared) == 1 else self.service.send(prepared)
        return [self.service.hang_up(*prepared[0], hang_up_ms or after_ms)]

    def _awaited(self, prepared: tuple[dict[str, Any], httpx.Request]) -> Answer:
        until = time.monotonic() + AWAITED_S
        while True:
            [answer] = self.service.send([prepared])
            if answer.status not in NOT_YET or time.monotonic() >= until:
                return answer
            time.sleep(AGAIN_S)

    def value(self, step: int, place: str) -> str:
        """What the latest answer to a step has at a place, "" if nothing."""
        answer = self.answers.get(step)
        return next(iter(shown_at(answer, place) if answer else []), "")

    def _request(self, step: dict[str, Any]) -> httpx.Request:
        headers = [(name, self._text(value)) for name, value in step["headers"]]
        body = base64.b64decode(step["binary"]) if step["binary"] else self._text(step["body"]).encode()
        return self.service.request(step, self._text(step["url"]), headers, body)

    def _text(self, template: list[str | dict[str, Any]]) -> str:
        text = "".join(self.planted(part) if isinstance(part, str) else self._bound(part) for part in template)
        # What a tenant chose itself, such as a password, was not recorded: any other will do.
        return re.sub(r"secret-[0-9a-z]+", self._secret, text)

    def _secret(self, found: re.Match[str]) -> str:
        return self._chosen.setdefault(found[0], secrets.token_urlsafe(24))

    def _refused(self, answer: Answer) -> None:
        """A step that any service should let through, and that failed, proves nothing about isolation."""
        step, status = answer.step, answer.status
        if status is None or answer.succeeded or status == step["status"]:
            return
        known = any(a.carried_out and a.step["role"] == step["role"] for a in self.answers.values())
        if step["must_succeed"] or status >= 500 or status == 429 or (status == 401 and not known):
            who = f"step {step['number']} ({step['operation']} by {step['role']})"
            raise NotRunError(f"{who} was answered {status}; expected {step['status']}")

    def _bound(self, part: dict[str, Any]) -> str:
        if "account" in part:
            value, due = self.service.callers[part["account"]].account, True
            trouble = f"expected the account id of {part['account']} with the credentials, came none"
        else:
            value, source = self.value(part["step"], part["place"]), self.answers.get(part["step"])
            due = bool(source and source.step["must_succeed"])
            trouble = f"the answer to step {part['step']} has nothing at {part['place']}"
        if not value:
            raise NotRunError(trouble) if due else EndedError(trouble)
        for _ in range(part["percent"]):
            value = urllib.parse.quote(value, safe=part["safe"])
        return value


def _other(word: str, draw: random.Random) -> str:
    """Another word of the same form."""
    kinds = (string.ascii_lowercase, string.digits)
    return "".join(draw.choice(next((kind for kind in kinds if each in kind), each)) for each in word)
