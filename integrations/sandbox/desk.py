"""The sandbox's own pages: who is who, which faults are on, and taking consents back."""

from __future__ import annotations

from hashlib import sha256
from html import escape
from typing import Any

from integrations.sandbox import consent
from integrations.sandbox.box import Box
from integrations.sandbox.faults import KINDS, PROVIDERS
from integrations.sandbox.web import Refusal, Reply, Request, Routes, answer, page, plain, redirect

routes = Routes("", "", lambda _: plain("Nothing is here. What there is stands at /.\n", 404))


@routes.on("GET", "/")
def home(box: Box, request: Request) -> Reply:
    return page(
        "The sandbox",
        "<p>It stands in for the providers: nothing in here is real, and nothing leaves this machine.</p>"
        f"<h2>People</h2>{_people(box)}<h2>Consents</h2>{_consents(box)}<h2>Faults</h2>{_faults(box)}"
        f"<h2>Asked since the start</h2>{_asked(box)}",
    )


def _people(box: Box) -> str:
    rows = "".join(
        f"<tr><th>{person.name}</th><td><code>{person.key}</code></td>"
        f"<td><code>{person.listenbrainz_token(box.seed)}</code></td><td>{escape(person.oddity)}</td></tr>"
        for person in box.people
    )
    head = "<tr><th>Name</th><th>At Last.fm and ListenBrainz</th><th>Token at ListenBrainz</th><th></th></tr>"
    return f"<table>{head}{rows}</table>"


def _button(action: str, label: str, **values: str) -> str:
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in values.items())
    return f'<form method="post" action="{action}">{hidden}<button>{label}</button></form>'


def _consents(box: Box) -> str:
    rows = [
        f"<tr><td>{escape(grant['provider'])}</td><td>{escape(grant['person'])}</td>"
        f"<td>{escape(' '.join(grant['scopes']))}</td>"
        f"<td>{_button('/_sandbox/revoke', 'Take back', grant=key)}</td></tr>"
        for key, grant in box.store.all("grant").items()
    ] + [
        f"<tr><td>lastfm</td><td>{escape(value['person'])}</td><td></td>"
        f"<td>{_button('/_sandbox/revoke', 'Take back', grant=_hidden(key))}</td></tr>"
        for key, value in box.store.all("lastfm-session").items()
    ]
    return f"<table>{''.join(rows)}</table>" if rows else "<p>Nobody has consented to anything.</p>"


def _hidden(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def _faults(box: Box) -> str:
    on = "".join(
        f"<li>{escape(provider)}: {escape(KINDS[kind])}, {rate:.0%} of the time "
        f"{_button('/_sandbox/faults', 'End it', provider=provider, kind=kind, rate='0')}</li>"
        for provider, rates in sorted(box.faults.rates.items())
        for kind, rate in rates.items()
    )
    providers = "".join(f"<option>{name}</option>" for name in ("all", *PROVIDERS))
    kinds = "".join(f'<option value="{kind}">{kind}: {escape(what)}</option>' for kind, what in KINDS.items())
    return (
        f"<ul>{on or '<li>None: every provider is well.</li>'}</ul>"
        '<form method="post" action="/_sandbox/faults"><p><label>Provider <select name="provider">'
        f'{providers}</select></label> <label>Fault <select name="kind">{kinds}</select></label> '
        '<label>How often (0 to 1) <input name="rate" value="0.2" size="4"></label> '
        "<button>Ask for it</button></p></form>"
    )


def _asked(box: Box) -> str:
    rows = "".join(
        f"<tr><th>{escape(provider)}</th><td>{escape(what)}</td><td>{count}</td></tr>"
        for provider, told in sorted(box.counts.items())
        for what, count in sorted(told.items())
    )
    return f"<table>{rows}</table>" if rows else "<p>Nothing yet.</p>"


def own_page_asks(request: Request) -> None:
    """Another site's page may not press our buttons."""
    origin = request.headers.get("origin")
    if origin is not None and origin != request.base:
        raise Refusal(plain("This came from another site's page.", 403))


@routes.on("GET", "/_sandbox/state")
def state(box: Box, request: Request) -> Reply:
    """What was asked for since the start, by provider: requests, faults and statuses."""
    return answer({"seed": box.seed, "now": box.now, "faults": box.faults.rates, "asked": box.counts})


@routes.on("GET", "/_sandbox/faults")
def which_faults(box: Box, request: Request) -> Reply:
    return answer({"faults": box.faults.rates, "kinds": KINDS, "providers": PROVIDERS})


@routes.on("POST", "/_sandbox/faults")
def ask_for_faults(box: Box, request: Request) -> Reply:
    """JSON: {"provider": "spotify", "kind": "429", "rate": 0.2}, a list of such, or {"clear": true}; or the form."""
    own_page_asks(request)
    by_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    data: Any = request.form if by_form else request.json()
    for each in data if isinstance(data, list) else [data]:
        if not isinstance(each, dict):
            return answer({"error": 'Send {"provider": "spotify", "kind": "429", "rate": 0.2}.'}, 400)
        if each.get("clear"):
            box.faults.clear()
            continue
        try:
            box.faults.ask(str(each.get("provider", "all")), str(each.get("kind", "")), float(each.get("rate", 1)))
        except (TypeError, ValueError) as error:
            return answer({"error": str(error)}, 400)
    return redirect("/", 303) if by_form else answer({"faults": box.faults.rates})


@routes.on("POST", "/_sandbox/revoke")
def revoke(box: Box, request: Request) -> Reply:
    """By the form: takes one consent back, as people do in their settings there."""
    own_page_asks(request)
    chosen = request.form.get("grant", "")
    if box.store.get("grant", chosen):
        consent.revoke(box, chosen)
    for key in box.store.all("lastfm-session"):
        if _hidden(key) == chosen:
            box.store.take("lastfm-session", key)
    return redirect("/", 303)
