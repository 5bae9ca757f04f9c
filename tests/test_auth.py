"""Who may ask what: keys are stored as hashes, and each role sees only what is its own."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.auth import ROLES, Identity, create_key, identify
from app.database import Database
from app.errors import BadInput, Unauthenticated
from app.settings import Settings
from tests.serving import add_catalog, served

VIEWER = {"query": "{ viewer { role user { id } } }"}


@pytest.fixture
async def guarded(
    database: Database, settings: Settings, empty_database_url: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A server that asks for keys, with the users `ann` and `bob` and a small catalog."""
    await add_catalog(database, tracks=10)
    await database.fetch("INSERT INTO users (key) VALUES ('ann'), ('bob')")
    on = settings.model_copy(update={"auth": "on", "database_url": empty_database_url})
    async with served(on) as client:
        yield client


async def as_role(
    client: httpx.AsyncClient, secret: str, query: str, /, **variables: Any
) -> tuple[Any, list[str]]:
    """The data and the codes of the errors that a key's owner gets."""
    response = await client.post(
        "/graphql",
        json={"query": query, "variables": variables},
        headers={"Authorization": f"Bearer {secret}"},
    )
    body = response.json()
    return body.get("data"), [one["extensions"]["code"] for one in body.get("errors", [])]


async def test_a_key_is_known_by_its_hash_only(database: Database):
    """Who reads the database cannot use what is there."""
    secret = await create_key(database, "listener", "ann")
    row = await database.fetch_one("SELECT * FROM api_keys")
    assert row is not None
    assert secret not in str(dict(row))
    assert len(secret) > 40
    assert await identify(database, f"Bearer {secret}") == Identity("listener", "ann")
    assert await identify(database, f"bearer {secret}") == Identity("listener", "ann")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer segue_",
        "Bearer segue_wrong",
        "Basic segue_wrong",
        "segue_wrong",
        "Bearer segue_" + "x" * 100_000,
        "Bearer segue_' OR true --",
    ],
)
async def test_without_a_valid_key_nothing_is_answered(
    guarded: httpx.AsyncClient, header: str | None
):
    """401 in GraphQL JSON, whatever was sent; the page and the health checks need no key."""
    headers = {} if header is None else {"Authorization": header}
    response = await guarded.post("/graphql", json=VIEWER, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    body = response.json()
    assert "data" not in body
    assert body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (await guarded.get("/healthz")).status_code == 200
    page = await guarded.get("/graphql", headers={"Accept": "text/html"})
    assert page.status_code == 200


async def test_a_key_that_was_altered_or_removed_is_refused(database: Database):
    """One wrong character is as good as none; a removed key ends at once."""
    secret = await create_key(database, "admin")
    with pytest.raises(Unauthenticated):
        await identify(database, f"Bearer {secret[:-1]}{'a' if secret[-1] != 'a' else 'b'}")
    await database.fetch("DELETE FROM api_keys")
    with pytest.raises(Unauthenticated):
        await identify(database, f"Bearer {secret}")


async def test_wrong_roles_and_listeners_without_a_user_are_refused(database: Database):
    """A key whose role means nothing must not exist."""
    with pytest.raises(BadInput, match="listener, editor, analyst, admin"):
        await create_key(database, "root")
    with pytest.raises(BadInput, match="--user"):
        await create_key(database, "listener")
    assert await database.fetch_value("SELECT count(*) FROM api_keys") == 0


ABOUT_A_USER = {
    "user": "query Q($u: ID!) { user(id: $u) { id } }",
    "listens": "query Q($u: ID!) { user(id: $u) { listens { edges { cursor } } } }",
    "recommendations": "query Q($u: ID!) { recommendations(userId: $u) { confidence } }",
    "playlist": "query Q($u: ID!) { playlist(userId: $u, duration: 1) { durationMs } }",
    "recordListens": "mutation Q($u: ID!) { recordListens(input: { userId: $u, "
    'listens: [{ trackId: "track_1", listenedAt: "2026-11-01T00:00:00Z" }] }) { added } }',
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("operation", ABOUT_A_USER)
@pytest.mark.parametrize("user", ["user_ann", "user_bob", "user_nobody", "nonsense"])
async def test_only_admins_may_speak_for_others(
    guarded: httpx.AsyncClient, database: Database, role: str, operation: str, user: str
):
    """The table of role x operation x user: others are refused whether they exist or not."""
    secret = await create_key(database, role, "ann" if role == "listener" else None)
    before = await database.fetch_value("SELECT count(*) FROM listens")
    data, codes = await as_role(guarded, secret, ABOUT_A_USER[operation], u=user)
    allowed = role == "admin" or (role == "listener" and user == "user_ann")
    assert ("FORBIDDEN" in codes) != allowed
    if not allowed:
        assert data is None or set(data.values()) == {None}
        assert await database.fetch_value("SELECT count(*) FROM listens") == before


async def test_a_node_that_one_may_not_see_does_not_exist(
    guarded: httpx.AsyncClient, database: Database
):
    """Nobody learns which users there are."""
    ann = await create_key(database, "listener", "ann")
    query = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } viewer { role user { id } } }"
    data, codes = await as_role(guarded, ann, query, ids=["user_ann", "user_bob", "user_nobody"])
    assert codes == []
    assert data["nodes"] == [{"id": "user_ann"}, None, None]
    assert data["viewer"] == {"role": "LISTENER", "user": {"id": "user_ann"}}
    _, codes = await as_role(guarded, ann, "{ users { edges { cursor } } }")
    assert codes == ["FORBIDDEN"]
    admin = await create_key(database, "admin")
    data, _ = await as_role(guarded, admin, query, ids=["user_ann", "user_bob", "user_nobody"])
    assert data["nodes"] == [{"id": "user_ann"}, {"id": "user_bob"}, None]
