"""Words from which names of tracks, albums, artists and labels are made up."""

from __future__ import annotations

from random import Random

QUALITIES = [
    "Paper",
    "Slow",
    "Hollow",
    "Borrowed",
    "Second",
    "Quiet",
    "Broken",
    "Golden",
    "Distant",
    "Electric",
    "Northern",
    "Salt",
    "Copper",
    "Velvet",
    "Wooden",
    "Early",
    "Last",
    "Blue",
    "Silver",
    "Foreign",
    "Loose",
    "Narrow",
    "Open",
    "Plastic",
    "Restless",
    "Sunday",
    "Tender",
    "Winter",
    "Glass",
    "Idle",
]
THINGS = [
    "Lanterns",
    "Weather",
    "Harbour",
    "Machines",
    "Letters",
    "Gardens",
    "Engines",
    "Rivers",
    "Kitchens",
    "Satellites",
    "Mirrors",
    "Postcards",
    "Stairs",
    "Horses",
    "Telephones",
    "Feathers",
    "Avenues",
    "Windows",
    "Strangers",
    "Batteries",
    "Islands",
    "Curtains",
    "Radios",
    "Shadows",
    "Orchards",
    "Ladders",
    "Oceans",
    "Bicycles",
    "Tunnels",
    "Mornings",
]
NAMES = ["Ines", "Marta", "Otto", "Vera", "Ruth", "Jonas", "Lena", "Ismael", "Clara", "Hugo", "Nora", "Elias"]
JAPANESE = [
    "夜",
    "海",
    "風",
    "街",
    "雨",
    "光",
    "夢",
    "電車",
    "月",
    "窓",
    "冬",
    "鳥",
    "砂",
    "駅",
    "坂道",
    "煙草",
    "映画",
    "手紙",
    "灯台",
    "午後",
]
GENRES = [
    "dream pop",
    "shoegaze",
    "indie rock",
    "ambient",
    "techno",
    "jazz",
    "folk",
    "post-punk",
    "hip hop",
    "soul",
    "house",
    "krautrock",
    "synthpop",
    "post-rock",
    "dub",
    "chamber pop",
]
COUNTRIES = ["GB", "US", "DE", "FR", "SE", "JP", "CA", "AU", "BR", "NL"]


def phrase(chance: Random) -> str:
    quality, thing, name = chance.choice(QUALITIES), chance.choice(THINGS), chance.choice(NAMES)
    forms = (
        f"{quality} {thing}",
        f"{quality} {thing}",
        f"{thing} for {name}",
        f"The {quality} {thing}",
        f"{name}'s {thing}",
        f"No More {thing}",
        f"{thing} & {chance.choice(THINGS)}",
        f"{quality}, {chance.choice(QUALITIES)}",
    )
    return chance.choice(forms)


def japanese_phrase(chance: Random) -> str:
    first, second = chance.sample(JAPANESE, 2)
    return chance.choice((f"{first}の{second}", f"{first}と{second}", f"{first}、{second}"))


def phrases(chance: Random, count: int, *, japanese: bool = False) -> list[str]:
    """So many, all different."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[japanese_phrase(chance) if japanese else phrase(chance)] = None
    return list(found)
