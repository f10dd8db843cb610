"""Faults on request: how providers fail, at a rate of one's choice, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from integrations.sandbox import ids

KINDS = {
    "401": "says that key or token are wrong",
    "429": "asks to slow down for 2 seconds",
    "429-long": "asks to stay away for six hours",
    "500": "fails",
    "503": "is not there for the moment",
    "timeout": "takes the request and never answers",
    "reset": "breaks the connection",
    "truncated": "stops in the middle of its answer",
    "html": "answers with a web page instead of data",
    "other-person": "answers with the data of somebody else",
    "slow": "answers drop by drop",
}
PROVIDERS = (
    "spotify",
    "lastfm",
    "listenbrainz",
    "musicbrainz",
    "coverart",
    "reccobeats",
    "deezer",
    "itunes",
    "discord",
    "anthropic",
)
FORM = "PROVIDER:KIND=RATE, like spotify:429=0.2 or all:slow=1"


@dataclass
class Faults:
    """Rates by provider and kind, 0 to 1. Those of one provider add up to 1 at most: later kinds get what is left."""

    seed: int = 1
    rates: dict[str, dict[str, float]] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def ask(self, provider: str, kind: str, rate: float) -> None:
        """Raises ValueError with a sentence. `all` stands for every provider; a rate of 0 ends it."""
        if provider != "all" and provider not in PROVIDERS:
            raise ValueError(f"There is no provider {provider!r}. There are: all, {', '.join(PROVIDERS)}.")
        if kind not in KINDS:
            raise ValueError(f"There is no fault {kind!r}. There are: {', '.join(KINDS)}.")
        if not 0 <= rate <= 1:
            raise ValueError(f"A rate is from 0 to 1; {rate} is not.")
        with self._lock:
            for name in PROVIDERS if provider == "all" else (provider,):
                self.rates.setdefault(name, {})[kind] = rate
                self.rates[name] = {kind: rate for kind, rate in self.rates[name].items() if rate}

    def ask_by_text(self, text: str) -> None:
        """As on the command line: spotify:429=0.2."""
        what, equals, rate = text.partition("=")
        provider, _, kind = what.partition(":")
        try:
            number = float(rate) if equals else 1.0
        except ValueError:
            raise ValueError(f"{text!r} is not {FORM}.") from None
        self.ask(provider, kind, number)

    def clear(self) -> None:
        with self._lock:
            self.rates.clear()

    def next(self, provider: str) -> str:
        """The fault of this request, or ""."""
        with self._lock:
            count = self._counts[provider] = self._counts.get(provider, 0) + 1
            rates = dict(self.rates.get(provider, {}))
        lot = ids.fraction(self.seed, "fault", provider, count)
        for kind, rate in rates.items():
            if lot < rate:
                return kind
            lot -= rate
        return ""
