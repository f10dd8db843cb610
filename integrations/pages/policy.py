"""What the site does with what Spotify tells it: three switches, for its owner."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from integrations.forms import PolicyForm
from integrations.services.policy import change_policy, policy
from sidetrack.pages.doors import actor, person_door


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@person_door
def spotify_policy(request: HttpRequest) -> HttpResponse:
    by = actor(request)
    by.must_own()
    form = PolicyForm(request.POST if request.method == "POST" else None, initial=PolicyForm.values_of(policy()))
    if request.method == "POST" and form.is_valid():
        change_policy(by=by, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("spotify-policy")
    return render(request, "integrations/policy.html", {"form": form}, status=400 if form.errors else 200)
