"""The four headline fields over HTTP, on a small demo that the command line made."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.demo import plan_catalog
from tests.end_to_end.conftest import PIECES, Served

RECOMMENDATIONS = """
query ($user: ID!, $count: Int, $algorithm: String, $context: ContextInput) {
  recommendations(userId: $user, count: $count, algorithm: $algorithm, context: $context) {
    tracks { id title artist { name } }
    items { rank score confidence }
    confidence explanation
    metadata { algorithm modelVersion }
  }
}"""

HISTORY = """
query ($user: ID!) {
  user(id: $user) { id listens(first: 100) { edges { node { track { id } listenedAt } } } }
}"""

PLAYLIST = """
query ($mood: String, $duration: Int, $preferences: PreferencesInput) {
  playlist(mood: $mood, duration: $duration, preferences: $preferences) {
    tracks { id durationMs genres { name } }
    transitions { score }
  }
}"""

SEARCH = """
query ($words: String!, $first: Int, $after: String) {
  search(query: $words, first: $first, after: $after) {
    edges { cursor node { __typename ... on Track { id title } ... on Artist { id name } } }
    pageInfo { hasNextPage endCursor }
  }
}"""

ANALYSIS = """
query ($url: String!, $type: String) {
  audioAnalysis(audioUrl: $url, analysisType: $type) { tempo key mode loudness durationMs }
}"""


def demo_pieces() -> list[Any]:
    every = plan_catalog()
    return every[:: max(1, len(every) // PIECES)]


def first_error(answer: dict[str, Any]) -> dict[str, Any]:
    assert len(answer["errors"]) == 1
    error: dict[str, Any] = answer["errors"][0]
    return error


def test_a_listener_gets_tracks_they_have_not_played(served: Served) -> None:
    user = "user_demo-001"
    heard = {
        edge["node"]["track"]["id"]
        for edge in served.data(HISTORY, {"user": user})["user"]["listens"]["edges"]
    }
    answer = served.data(RECOMMENDATIONS, {"user": user, "count": 5})["recommendations"]
    ids = [track["id"] for track in answer["tracks"]]
    assert heard
    assert len(ids) == len(set(ids)) > 0
    assert [item["rank"] for item in answer["items"]] == list(range(1, len(ids) + 1))
    assert 0 <= answer["confidence"] <= 1
    assert answer["explanation"]
    assert answer["metadata"]["modelVersion"]


def test_an_unknown_listener_gets_a_list_that_says_where_it_came_from(served: Served) -> None:
    answer = served.data(RECOMMENDATIONS, {"user": "user_nobody", "count": 5})["recommendations"]
    assert len(answer["tracks"]) == 5
    assert answer["explanation"]


def test_listens_change_the_next_answer(served: Served) -> None:
    """Three plays of a new listener turn their list within the next request, without training."""
    user = "user_live-one"
    piece = demo_pieces()[0]
    before = served.data(RECOMMENDATIONS, {"user": user, "count": 5})["recommendations"]
    record = """
    mutation ($input: RecordListensInput!) { recordListens(input: $input) { __typename } }"""
    listens = [
        {"trackId": f"track_{piece.id}", "listenedAt": f"2026-07-01T0{hour}:00:00Z"}
        for hour in range(1, 4)
    ]
    served.data(record, {"input": {"userId": user, "listens": listens}})
    after = served.data(RECOMMENDATIONS, {"user": user, "count": 5})["recommendations"]
    assert after["tracks"] != before["tracks"] or after["items"] != before["items"]
    assert f"track_{piece.id}" not in [track["id"] for track in after["tracks"]]
    plays = served.data(HISTORY, {"user": user})["user"]["listens"]["edges"]
    served.data(record, {"input": {"userId": user, "listens": listens}})
    assert served.data(HISTORY, {"user": user})["user"]["listens"]["edges"] == plays


def test_a_playlist_fills_the_time_asked_for(served: Served) -> None:
    answer = served.data(PLAYLIST, {"mood": "energetic", "duration": 20})["playlist"]
    seconds = sum(track["durationMs"] for track in answer["tracks"]) / 1000
    assert abs(seconds - 20 * 60) <= 5
    assert len(answer["transitions"]) == len(answer["tracks"]) - 1


def test_a_playlist_of_one_genre_has_only_that(served: Served) -> None:
    answer = served.data(
        PLAYLIST, {"mood": "happy", "duration": 5, "preferences": {"genres": ["Rock"]}}
    )["playlist"]
    assert answer["tracks"]
    assert {genre["name"].lower() for t in answer["tracks"] for genre in t["genres"]} == {"rock"}


def test_search_finds_a_misspelled_title_first(served: Served) -> None:
    piece = max(demo_pieces(), key=lambda piece: len(piece.title))
    middle = len(piece.title) // 2
    misspelled = piece.title[:middle] + piece.title[middle + 1 :]
    for words in (piece.title, misspelled):
        edges = served.data(SEARCH, {"words": words, "first": 3})["search"]["edges"]
        assert edges[0]["node"]["title"] == piece.title


def test_search_pages_do_not_repeat(served: Served) -> None:
    variables: dict[str, Any] = {"words": "slow piano", "first": 5}
    first = served.data(SEARCH, variables)["search"]
    second = served.data(SEARCH, variables | {"after": first["pageInfo"]["endCursor"]})["search"]
    ids = [edge["node"]["id"] for page in (first, second) for edge in page["edges"] if edge["node"]]
    assert len(ids) == len(set(ids))


def test_analysis_finds_what_was_composed(served: Served) -> None:
    """Tempo (allowing the octave) and key of pieces whose truth is known."""
    pieces = demo_pieces()[:6]
    right_tempo = right_key = 0
    for piece in pieces:
        url = f"track_{piece.id}"
        found = served.data(ANALYSIS, {"url": url, "type": "basic"})["audioAnalysis"]
        ratios = [found["tempo"] / piece.tempo_bpm * factor for factor in (0.5, 1, 2)]
        right_tempo += any(abs(ratio - 1) < 0.04 for ratio in ratios)
        right_key += (found["key"], found["mode"]) == (piece.key, piece.mode)
    assert right_tempo >= len(pieces) - 1
    assert right_key >= len(pieces) - 2


@pytest.mark.parametrize(
    ("document", "variables", "argument"),
    [
        (RECOMMENDATIONS, {"user": "user_demo-001", "count": 0}, "count"),
        (RECOMMENDATIONS, {"user": "user_demo-001", "count": -1}, "count"),
        (RECOMMENDATIONS, {"user": "user_demo-001", "count": 10**9}, "count"),
        (RECOMMENDATIONS, {"user": "user_demo-001", "algorithm": "magic"}, "algorithm"),
        (RECOMMENDATIONS, {"user": "user_demo-001", "context": {"mood": "purple"}}, "mood"),
        (PLAYLIST, {"mood": "purple"}, "mood"),
        (PLAYLIST, {"duration": 0}, "duration"),
        (PLAYLIST, {"preferences": {"genres": ["Rokc"]}}, "genres"),
        (SEARCH, {"words": "  "}, "query"),
        (SEARCH, {"words": "piano", "first": 0}, "first"),
        (SEARCH, {"words": "piano", "after": "nonsense"}, "after"),
        (ANALYSIS, {"url": "track_demo-0001", "type": "astrology"}, "analysisType"),
        (ANALYSIS, {"url": "http://127.0.0.1:1/x.ogg"}, "audioUrl"),
        (ANALYSIS, {"url": "http://[::1]/x.ogg"}, "audioUrl"),
        (ANALYSIS, {"url": "http://2130706433/x.ogg"}, "audioUrl"),
        (ANALYSIS, {"url": "file:///etc/passwd"}, "audioUrl"),
        (ANALYSIS, {"url": "track_that-is-not-there"}, "audioUrl"),
    ],
)
def test_bad_input_gets_one_sentence_that_names_the_argument(
    served: Served, document: str, variables: dict[str, Any], argument: str
) -> None:
    error = first_error(served.ask(document, variables))
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["argument"].endswith(argument)
    assert "Traceback" not in error["message"]
    assert len(error["message"]) > 15


@pytest.mark.parametrize("field", ["track", "artist", "album", "user", "node"], ids=str)
@pytest.mark.parametrize("id_", ["track_nobody", "nonsense", "", "track_\u0000", "__"])
def test_an_unknown_id_is_null_not_an_error(served: Served, field: str, id_: str) -> None:
    assert served.data(f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}", {"id": id_}) == {
        field: None
    }


def test_health_says_what_it_looked_at(served: Served) -> None:
    assert httpx.get(f"{served.url}/healthz").status_code == 200
    ready = httpx.get(f"{served.url}/readyz")
    assert ready.status_code == 200
    assert "database" in ready.text


def test_graphiql_is_served_without_any_outside_address(served: Served) -> None:
    page = httpx.get(f"{served.url}/graphql", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "graphiql" in page.text.lower()
    outside = [part for part in page.text.split('"') if part.startswith(("http://", "https://"))]
    assert outside == []


@pytest.mark.parametrize("first", [5, 100])
def test_every_track_of_a_page_comes_with_its_artist(
    served: Served, first: int, record_property: Callable[[str, object], None]
) -> None:
    query = (
        "query ($first: Int) { tracks(first: $first) { edges { node { id artist { name } } } } }"
    )
    edges = served.data(query, {"first": first})["tracks"]["edges"]
    record_property("tracks", len(edges))
    assert len(edges) == min(first, len(demo_pieces()))
    assert all(edge["node"]["artist"]["name"] for edge in edges)
