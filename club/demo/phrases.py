"""What the demo's members write. Banks are dealt like cards, so that no line returns before all were used.

Placeholders: {album}, {artist}, {track}, {year}, {genre}, {country}.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

PITCHES = (
    "I have wanted to put {album} forward since I joined and I keep losing my nerve.",
    "My brother left this in the car in 2009 and I have not given it back.",
    "We have had a lot of guitars lately. Here is something else.",
    "Not the obvious {artist} record, but the one I go back to.",
    "Everybody knows {track}. Far fewer have sat through the whole thing.",
    "It came out in {year} and still sounds like somebody's bad idea of the future, in the best way.",
    "For anyone who thinks they don't like {genre}: try this one first.",
    "Forty minutes, no filler. I timed it on the tram.",
    "Nominating this again in spirit, because it lost by one point and I hold grudges.",
    "I heard {track} in a bakery last week and had to ask what it was. That is the whole pitch.",
    "Headphones, lights off, phone in another room. That is all I ask.",
    "It is the album I put on when people come round and somebody always asks.",
    "I don't fully get it. I would like twenty other people to not get it with me.",
    "Call it {genre} if you must; your mother would still hum along by track three.",
    "My flatmate hates it. I need reinforcements.",
    "This is what I played all through the winter I moved here.",
    "Please give it two listens before you rate. The first one lies to you.",
    "Side one is perfect. Side two we can argue about, which is what the club is for.",
    "The drum sound alone deserves a week.",
    "There is a version of me that never heard {artist} and he is a duller man.",
    "Selfish pick. I want to know which track you would cut.",
    "I owe this record a proper listen and so, probably, do you.",
    "Somebody mentioned {artist} in the discussion last month and then nobody nominated them. Fixing that.",
    "The first ten seconds of {track} tell you whether you are in or out.",
    "Songs about leaving, for people who never do.",
    "It was recorded fast and cheap and you can hear people grinning.",
    "If you liked what won two weeks ago, this is where they got it from.",
    "I can sing all of it and I will, if this wins.",
    "A gentle one, for once. We have earned it.",
    "Loud one this time. Sorry to everybody who listens at work.",
)
PITCH_ENDS = (
    "Start with {track}.",
    "{track} is the hook, but stay for the rest.",
    "Best heard while walking.",
    "Vote for it or don't, but do listen to {track}.",
    "Made in {year}, and I still cannot date it by ear.",
    "I promise it is shorter than it looks.",
    "It grows.",
    "",
    "",
    "",
    "",
)
LOVED = (
    "I had forgotten an album could do this to me.",
    "Straight onto the shelf of things I will defend at parties.",
    "Third listen tonight, and I only meant to check one thing.",
    "Not a wasted second.",
    "I came in sceptical and left humming.",
    "This one I already loved, so read my score with that in mind.",
    "Listened on the night train and missed my stop.",
    "I don't cry at records. I was tired, that's all.",
    "How had nobody made me hear this before?",
    "It makes everything I played afterwards sound over-explained.",
    "The best thing this club has given me so far.",
    "I went and bought the LP before the needle would have reached side two.",
    "Perfect sequencing. Moving any song would break it.",
    "Every time I think I have found the best track, the next one starts.",
    "It is a room, and I would like to live in it.",
    "My daughter has asked for it twice at breakfast, and that settles it.",
)
LIKED = (
    "Warmed to it slowly.",
    "A strong record with one song too many.",
    "I admire it more than I love it, but I admire it a lot.",
    "The first half is a five, the second half a three.",
    "Better on speakers than on headphones, which surprised me.",
    "Good company for a long drive.",
    "It took until the second listen for the shape of it to come through.",
    "Solid. I will be back for about half of it.",
    "I can hear why people build shrines to this.",
    "It wanders in the middle, then finds its way home.",
    "Nearly great. I wish somebody had said no to the strings.",
    "Enjoyed it most when it stopped trying to be clever.",
    "Lovely textures, and then I could not remember a tune an hour later.",
    "The hits are the hits for a reason.",
)
COOL = (
    "I see what it is doing and it is not for me.",
    "Long. I kept looking at how much was left.",
    "Respect, no affection.",
    "It felt like reading the manual for a feeling.",
    "I gave it three tries and it never once looked up.",
    "Important, I'm sure. I was bored.",
    "The voice puts me off and there is a lot of voice.",
    "One great song, surrounded by sketches of it.",
    "I wanted to like this so much more than I did.",
    "Too polished. I kept sliding off it.",
    "Maybe in another month, in another mood.",
)
SOUNDS = {
    "folk": (
        "You can hear the fingers move on the strings.",
        "The voice sits so close it is almost rude.",
        "So little going on, and none of it could be spared.",
        "It has that early-morning quiet where the house ticks.",
    ),
    "electronic": (
        "The low end did things to my kitchen window.",
        "Machines, but somebody taught them to breathe.",
        "Every sound has a room of its own.",
        "I love how long it waits before giving you the beat.",
    ),
    "hip hop": (
        "The samples alone would keep me busy for a month.",
        "He raps as if the beat owed him money.",
        "The skits can go, everything else stays.",
        "The drums are dusty and huge at once.",
    ),
    "jazz": (
        "Nobody is in a hurry and nobody is lost.",
        "The bass player is the hero here and I will not be told otherwise.",
        "They listen to each other, and you can hear it.",
        "I stopped following the solos and started following the room.",
    ),
    "soul": (
        "The groove is so deep that you could lose a shoe in it.",
        "Those backing vocals are doing half the arguing.",
        "It is angry and tender in the same bar.",
        "The horns come in and you sit up straight.",
    ),
    "loud": (
        "The guitars come at you like weather.",
        "The drummer hits as if the deposit on the flat was already gone.",
        "There is a melody under all that noise, and once you hear it you cannot stop.",
        "All nerves, no polish. That is what I liked.",
    ),
    "world": (
        "I don't have the language and did not need it.",
        "The rhythm never lands where I expect and is always right.",
        "It made me look up who played on it, and then lose an evening to their other records.",
        "Sunlight in it, and a shadow that moves with the sun.",
    ),
    "pop": (
        "The choruses arrive exactly when you need them.",
        "It is stranger than its reputation.",
        "There is always one odd little sound in the corner, and it is always the best thing.",
        "The arrangements are doing something clever in every bar without showing off.",
    ),
}
ABOUT_TRACKS = (
    "{track} is the one.",
    "I have had {track} in my head since Tuesday.",
    "Skip to {track} if you only have five minutes.",
    "And then {track} comes on and all is forgiven.",
    "Could have done with three more songs like {track}.",
    "{track} at full volume, windows down.",
    "For me it all hangs on {track}.",
    "Whoever put {track} where it is knew what they were doing.",
    "I still don't know what {track} is about, and please don't tell me.",
    "{track} made me pull over.",
)
CLOSERS = (
    "Thanks to whoever nominated it.",
    "Would not have found it alone.",
    "Curious what the rest of you make of the last track.",
    "Half a point off for the cover.",
    "I'd have voted for it, had I remembered to vote.",
    "I look forward to being wrong about this in the discussion.",
    "It beat my own nomination and I am not even cross.",
    "Will try again in the autumn.",
    "",
    "",
    "",
    "",
    "",
)
_FAMILIES = (
    ("hip hop", ("hip hop", "rap", "grime", "garage", "boom bap")),
    ("jazz", ("jazz", "minimalism", "third stream", "modal")),
    ("soul", ("soul", "funk", "r&b", "disco", "afrobeat")),
    ("folk", ("folk", "singer-songwriter", "chamber", "country")),
    ("world", ("MPB", "samba", "tropicália", "son cubano", "desert blues", "tishoumaren", "flamenco", "chanson")),
    ("loud", ("punk", "grunge", "noise", "shoegaze", "metal", "industrial", "garage rock", "rock")),
    ("electronic", ("electronic", "ambient", "trip hop", "house", "IDM", "krautrock", "techno", "downtempo")),
)


@dataclass
class Deck:
    """Deals lines in shuffled order and shuffles anew when all were dealt."""

    lines: Sequence[str]
    dice: random.Random
    left: list[str] = field(default_factory=list)

    def deal(self) -> str:
        if not self.left:
            self.left = self.dice.sample(list(self.lines), len(self.lines))
        return self.left.pop()


def family(genres: Sequence[str]) -> str:
    """Which bank of SOUNDS speaks of these genres."""
    words = " ".join(genres)
    return next((name for name, marks in _FAMILIES if any(mark in words for mark in marks)), "pop")
