"""The scenarios that there are, and one run of one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .endpoint import JSON, Endpoint, Violation
from .schemas import Schemas

MODERN, LEGACY = "modern", "legacy"


class Trial:
    """One run of one scenario: what it talks to, and what it found."""

    def __init__(self, name: str, era: str, endpoint: Endpoint, schemas: Schemas | None, counts: Counter[str]):
        self.name, self.era, self.endpoint = name, era, endpoint
        self.schemas, self.counts = schemas, counts
        self.recorded = 0
        self.problems: list[str] = []
        self.clients: list[Any] = []

    def check(self, name: str, passed: object, detail: object = "") -> bool:
        """A check that must hold."""
        self._say("pass" if passed else "fail", name, "" if passed else detail)
        return bool(passed)

    def should(self, name: str, passed: object, detail: object = "") -> bool:
        """A check that only warns."""
        self._say("pass" if passed else "warn", name, "" if passed else detail)
        return bool(passed)

    def skip(self, name: str, why: str) -> None:
        """A check that does not apply to this server."""
        self._say("skip", name, why)

    def record(self, message: JSON, request_method: str | None) -> None:
        """Remembers what the server sent, for the check of the wire against the schema."""
        if self.schemas is not None:
            self.recorded += 1
            self.problems += self.schemas.problems(message, request_method)

    def client(self, **options: Any) -> Any:
        """A new client of the trial's era; the trial closes it."""
        from .legacy_client import LegacyClient
        from .modern_client import ModernClient
        client = (ModernClient if self.era == MODERN else LegacyClient)(self, **options)
        self.clients.append(client)
        return client

    def finish(self) -> None:
        """Closes the clients and says whether all that was sent was valid."""
        for client in self.clients:
            client.close()
        if self.recorded:
            self.check("wire-schema-valid", not self.problems, "; ".join(self.problems[:3]))

    def _say(self, verdict: str, name: str, detail: object) -> None:
        self.counts[verdict] += 1
        line = f"{verdict} {self.name}.{name}"
        print(f"{line} {' '.join(str(detail).split())[:400]}".rstrip(), flush=True)


@dataclass
class Scenario:
    """A named group of checks for one era or both."""

    name: str
    eras: tuple[str, ...]
    run: Callable[[Trial], None]

    def try_on(self, trial: Trial) -> None:
        """Runs the scenario; whatever stops it is a failed check."""
        try:
            self.run(trial)
        except (Violation, OSError, KeyError, IndexError, TypeError, AttributeError, ValueError) as problem:
            trial.check("runs-to-its-end", False, f"{type(problem).__name__}: {problem}")
        trial.finish()


SCENARIOS: list[Scenario] = []


def scenario(name: str, *eras: str) -> Callable[[Callable[[Trial], None]], Callable[[Trial], None]]:
    """Adds a function to the scenarios; without eras it runs in both."""
    def add(run: Callable[[Trial], None]) -> Callable[[Trial], None]:
        SCENARIOS.append(Scenario(name, eras or (MODERN, LEGACY), run))
        return run
    return add
