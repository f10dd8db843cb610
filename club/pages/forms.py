"""The forms of the club's pages. They look at shape; the services decide."""

from __future__ import annotations

from typing import Any

from django import forms

from club.halves import HIGHEST, LOWEST, shown
from listening.elsewhere import ElsewhereAlbum
from listening.services.catalogue import AlbumRef
from listening.services.handing import ref_of, take_back
from sidetrack.errors import SidetrackError

FOUND = "found:"
"""What the value of an album begins with that was found in another catalogue."""
COUNTRY_HELP = "Two letters, like GB, JP or BR."
DECADES = [("", "not sure"), *((f"{year}s", f"{year}s") for year in range(2020, 1940, -10))]


def put_error(form: forms.Form, error: SidetrackError, names: dict[str, str] | None = None) -> None:
    """Write a refusal at the field it names (`names`: the service's name to the form's), else over the form."""
    attr = error.attr or ""
    name = (names or {}).get(attr, attr.split(".")[0])
    shown = name in form.fields and not form[name].is_hidden
    form.add_error(name if shown else None, error.detail)


class Prose(forms.CharField):
    """Several lines. A browser sends two characters for a line end and counts one; so do we."""

    widget = forms.Textarea(attrs={"rows": 5})

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value))


class RatingForm(forms.Form):
    """A rating in half steps, a favourite track, a review."""

    rating = forms.ChoiceField(
        label="Your rating",
        choices=[(shown(half), shown(half)) for half in range(LOWEST, HIGHEST + 1)],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose a rating from 1 to 5.",
            "invalid_choice": "Choose a rating from 1 to 5 in half steps.",
        },
    )
    favorite_track = forms.CharField(
        label="Favourite track",
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"list": "tracks", "autocomplete": "off"}),
    )
    review = Prose(label="What you think of it", max_length=10_000, required=False)


class WithdrawForm(forms.Form):
    """The votes of others go with a nomination and do not come back, so a slip of the thumb must not do it."""

    WORD = "withdraw"
    word = forms.CharField(
        label="Type “withdraw” to go on",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": "Type the word “withdraw” here."},
    )

    def clean_word(self) -> str:
        word = str(self.cleaned_data["word"]).strip().strip("“”\"'").lower()
        if word != self.WORD:
            raise forms.ValidationError("Type the word “withdraw” here.", code="word")
        return word


class NominationForm(forms.Form):
    """An album of the catalogue (`album` is its id), one found elsewhere (FOUND and what was handed out for it) or one
    that is written in, and what to say for it."""

    found: ElsewhereAlbum | None = None
    album = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)
    title = forms.CharField(label="Album", max_length=300, required=False)
    artist = forms.CharField(label="Artist", max_length=300, required=False)
    year = forms.IntegerField(label="Year", min_value=1860, max_value=2100, required=False)
    url = forms.CharField(
        label="Where to hear it",
        max_length=500,
        required=False,
        help_text="A link to the album on Spotify, Bandcamp or the like.",
    )
    pitch = Prose(label="Your pitch", max_length=4000, required=False, help_text="Why should we spend a week with it?")
    pitch_track_url = forms.CharField(
        label="A track to start with", max_length=500, required=False, help_text="A link to one track."
    )
    genres = forms.CharField(label="Genres", max_length=400, required=False, help_text="With commas between them.")
    decade = forms.ChoiceField(label="Decade", choices=DECADES, required=False)
    country = forms.CharField(label="Country", max_length=2, required=False, help_text=COUNTRY_HELP)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = data.get("album")
        if chosen and chosen.startswith(FOUND):
            self.found = take_back(chosen.removeprefix(FOUND))
            if self.found is None:
                self.add_error(None, "Choose an album from the list, or write one in.")
            return data
        if chosen and chosen != "new":
            if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19):
                self.add_error(None, "Choose an album from the list, or write one in.")
            return data
        for name, words in (("title", "Which album?"), ("artist", "Who made it?")):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, words)
        return data

    def ref(self) -> AlbumRef:
        """The album meant, once the form is valid."""
        data = self.cleaned_data
        if self.found is not None:
            return ref_of(self.found)
        if data["album"] and data["album"] != "new":
            return AlbumRef(id=int(data["album"]))
        return AlbumRef(title=data["title"], artist=data["artist"], year=data["year"], url=data["url"])

    def tags(self) -> dict[str, Any]:
        """`{"genres": [], "decade", "country"}` as the API takes it; what was left out is absent."""
        data = self.cleaned_data
        tags: dict[str, Any] = {"genres": [genre.strip() for genre in data["genres"].split(",") if genre.strip()]}
        for name in ("decade", "country"):
            if data[name]:
                tags[name] = data[name].upper() if name == "country" else data[name]
        return tags if tags["genres"] or len(tags) > 1 else {}
