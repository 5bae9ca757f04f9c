"""The fields `playlist`, `savedPlaylist` and `playlists`, as clients were promised them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from app.auth import Identity
from app.database import Database
from app.playlist import PlaylistGenerator
from app.settings import Settings
from schema import schema
from schema.context import Context, Services
from tests.serving import add_catalog

ASK = """query ($mood: String, $duration: Int, $preferences: PreferencesInput, $user: ID,
               $exclude: [ID!]) {
  playlist(mood: $mood, duration: $duration, preferences: $preferences, userId: $user,
           exclude: $exclude) {
    tracks { id title durationMs }
    items { position startsAtMs fit familiar track { id artist { name } } }
    transitions { score known tempo key fromTrack { id } toTrack { id } }
    durationMs shortfallMs notes seed
    measures { fit coherence diversity smoothness familiarity }
  }
}"""


@dataclass
class Asker:
    """Executes documents on one database, as one identity."""

    settings: Settings
    services: Services

    async def __call__(
        self, document: str, *, identity: Identity | None = None, **values: Any
    ) -> Any:
        return await schema.execute(
            document,
            variable_values=values,
            context_value=Context(
                settings=self.settings,
                identity=identity or Identity("admin"),
                services=self.services,
            ),
        )


@pytest.fixture
async def ask(database: Database, settings: Settings) -> AsyncIterator[Asker]:
    await add_catalog(database)
    generator = PlaylistGenerator(database)
    await generator.start()
    yield Asker(settings, Services(database=database, playlists=generator))
    await generator.close()


async def test_the_promised_signature() -> None:
    """Names, arguments, types and nullability that clients rely on."""
    text = str(schema)
    field = text[text.index("  playlist(") :]
    field = field[: field.index("): PlaylistResult")]
    arguments = [line.strip() for line in field.splitlines() if ":" in line and '"""' not in line]
    assert arguments[:3] == ["mood: String", "duration: Int", "preferences: PreferencesInput"]
    assert all(not argument.endswith("!") for argument in arguments)
    assert "tracks: [Track!]!" in text and "items: [PlaylistItem!]!" in text
    preferences = text[text.index("input PreferencesInput") :].split("}", maxsplit=1)[0]
    for line in ("genres: [String!]", "energyLevel: String", "familiarRatio: Float"):
        assert line in preferences


async def test_an_hour_by_default(ask: Asker) -> None:
    """No argument, and explicit nulls, mean 60 minutes of anything."""
    result = await ask(ASK)
    nulls = await ask(ASK, mood=None, duration=None, preferences=None, exclude=None)
    assert result.errors is None
    made = result.data["playlist"]
    assert abs(made["durationMs"] - 3_600_000) <= 180_000 / 2
    assert [item["track"]["id"] for item in made["items"]] == [t["id"] for t in made["tracks"]]
    assert all(track["id"].startswith("track_") for track in made["tracks"])
    assert len(made["transitions"]) == len(made["tracks"]) - 1
    assert made["transitions"][0]["known"] is False
    assert made["items"][0]["familiar"] is None
    assert nulls.data == result.data


async def test_preferences_and_exclude(ask: Asker) -> None:
    """Genres by name, energy, a user not heard of yet; excluded tracks stay out."""
    wishes = {"genres": ["JAZZ"], "energyLevel": "low", "familiarRatio": 0.5}
    first = await ask(ASK, mood="calm", duration=30, preferences=wishes, user="user_new")
    assert first.errors is None
    ids = [track["id"] for track in first.data["playlist"]["tracks"]]
    assert len(ids) == 10
    assert any("familiarRatio" in note for note in first.data["playlist"]["notes"])
    more = await ask(
        ASK, mood="calm", duration=30, preferences=wishes, exclude=[*ids, "track_no", "junk"]
    )
    assert not set(ids) & {track["id"] for track in more.data["playlist"]["tracks"]}


@pytest.mark.parametrize(
    ("values", "argument", "words"),
    [
        ({"mood": "hapy"}, "mood", "happy, calm"),
        ({"duration": 0}, "duration", "from 1 to 1440"),
        ({"duration": -1}, "duration", "from 1 to 1440"),
        ({"duration": 1441}, "duration", "from 1 to 1440"),
        ({"preferences": {"energyLevel": "huge"}}, "energyLevel", "low, medium, high"),
        ({"preferences": {"familiarRatio": 2}}, "familiarRatio", "0 to 1"),
        ({"preferences": {"genres": ["jazzz"]}}, "genres", "Jazz"),
        ({"exclude": ["track_1"] * 1001}, "exclude", "1000"),
    ],
)
async def test_bad_input_names_the_argument(
    ask: Asker, values: dict[str, Any], argument: str, words: str
) -> None:
    """One error with the allowed values; the field is null, the rest of an answer would stay."""
    result = await ask(ASK, **values)
    assert result.data == {"playlist": None}
    (error,) = result.errors
    assert error.extensions["code"] == "BAD_USER_INPUT"
    assert error.extensions["argument"] == argument
    assert words in error.message


async def test_a_listener_speaks_for_themselves(ask: Asker, database: Database) -> None:
    """Their own history counts without a userId; another's is forbidden, existing or not."""
    await database.fetch("INSERT INTO users (key) VALUES ('ann')")
    await database.fetch(
        "INSERT INTO listens (user_id, track_id, listened_at) "
        "SELECT u.id, t.id, now() FROM users u, tracks t WHERE t.key IN ('1', '2')"
    )
    ann = Identity("listener", "ann")
    own = await ask(ASK, identity=ann)
    heard = {i["track"]["id"] for i in own.data["playlist"]["items"] if i["familiar"]}
    assert heard <= {"track_1", "track_2"}
    assert all(i["familiar"] is not None for i in own.data["playlist"]["items"])
    for other in ("user_bob", "user_nobody", "junk"):
        refused = await ask(ASK, identity=ann, user=other)
        assert refused.errors[0].extensions["code"] == "FORBIDDEN"


async def store(database: Database, key: str, tracks: list[str], owner: str | None = None) -> None:
    await database.fetch(
        "INSERT INTO playlists (key, title, source, owner_id) "
        "VALUES ($1, 'List ' || $1, 'test', (SELECT id FROM users WHERE key = $2))",
        key,
        owner,
    )
    await database.fetch(
        "INSERT INTO playlist_tracks SELECT p.id, w.place - 1, t.id FROM playlists p, "
        "unnest($2::text[]) WITH ORDINALITY AS w(key, place) JOIN tracks t USING (key) "
        "WHERE p.key = $1",
        key,
        tracks,
    )


async def test_stored_playlists_in_pages(ask: Asker, database: Database) -> None:
    """Both connections go forward and backward; repeated tracks keep their places."""
    for number in range(5):
        await store(database, f"p{number}", ["1", "2", "1", "3"])
    document = """query ($after: String, $inner: String) {
      playlists(first: 2, after: $after) {
        edges { node { id title trackCount createdAt
                       tracks(first: 3, after: $inner) { edges { node { id } }
                                                         pageInfo { hasNextPage endCursor } } } }
        pageInfo { hasNextPage endCursor } }
      last: playlists(last: 2) { edges { node { id } } pageInfo { hasPreviousPage } } }"""
    first = (await ask(document)).data
    assert [edge["node"]["id"] for edge in first["playlists"]["edges"]] == [
        "playlist_p0", "playlist_p1",
    ]  # fmt: skip
    node = first["playlists"]["edges"][0]["node"]
    assert (node["title"], node["trackCount"]) == ("List p0", 4)
    assert [edge["node"]["id"] for edge in node["tracks"]["edges"]] == [
        "track_1", "track_2", "track_1",
    ]  # fmt: skip
    assert [edge["node"]["id"] for edge in first["last"]["edges"]] == ["playlist_p3", "playlist_p4"]
    after = first["playlists"]["pageInfo"]["endCursor"]
    second = (await ask(document, after=after, inner=node["tracks"]["pageInfo"]["endCursor"])).data
    third = second["playlists"]["edges"][0]["node"]
    assert third["id"] == "playlist_p2"
    assert [edge["node"]["id"] for edge in third["tracks"]["edges"]] == ["track_3"]


async def test_pages_of_many_lists_take_one_statement(
    ask: Asker, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of SQL statements does not grow with the number of lists."""
    for number in range(8):
        await store(database, f"p{number}", ["1", "2"])
    statements: list[str] = []
    fetch = Database.fetch

    async def counted(self: Database, sql: str, *arguments: object) -> Any:
        statements.append(sql)
        return await fetch(self, sql, *arguments)

    monkeypatch.setattr(Database, "fetch", counted)
    document = """query ($n: Int) {
      playlists(first: $n) { edges { node { tracks { edges { node { id } } } } } } }"""
    await ask(document, n=2)
    few = len(statements)
    statements.clear()
    await ask(document, n=8)
    assert len(statements) == few == 3


async def test_owned_playlists_are_seen_by_those_who_may(ask: Asker, database: Database) -> None:
    """A list of somebody is null for another listener, like one that does not exist."""
    await database.fetch("INSERT INTO users (key) VALUES ('ann'), ('bob')")
    await store(database, "open", ["1"])
    await store(database, "anns", ["2"], owner="ann")
    document = """{
      a: savedPlaylist(id: "playlist_anns") { id }
      b: savedPlaylist(id: "playlist_open") { id }
      c: savedPlaylist(id: "track_1") { id } d: savedPlaylist(id: "") { id }
      node(id: "playlist_anns") { id } playlists { edges { node { id } } } }"""
    seen = {}
    for identity in (Identity("listener", "ann"), Identity("listener", "bob"), Identity("admin")):
        result = await ask(document, identity=identity)
        assert result.errors is None
        assert (result.data["c"], result.data["d"]) == (None, None)
        assert result.data["b"] == {"id": "playlist_open"}
        assert (result.data["a"] is None) == (result.data["node"] is None)
        seen[identity.user_key] = (
            result.data["a"] is not None,
            len(result.data["playlists"]["edges"]),
        )
    assert seen == {"ann": (True, 2), "bob": (False, 1), None: (True, 2)}
