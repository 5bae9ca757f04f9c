"""Listeners and what they played: imports of histories, live plays, and what training reads."""

from app.listening.importing import import_listens
from app.listening.interaction_arrays import Interactions, interactions
from app.listening.queries import (
    COUNTED,
    History,
    ListenRange,
    ListenRow,
    PlayCounts,
    UserRow,
    history,
    listens_by_id,
    listens_of_users,
    listens_page,
    newest_listen,
    play_counts,
    user_id_by_key,
    users_by_key,
    users_page,
)
from app.listening.recording import NewListen, RecordReport, record_listens

__all__ = [
    "COUNTED",
    "History",
    "Interactions",
    "ListenRange",
    "ListenRow",
    "NewListen",
    "PlayCounts",
    "RecordReport",
    "UserRow",
    "history",
    "import_listens",
    "interactions",
    "listens_by_id",
    "listens_of_users",
    "listens_page",
    "newest_listen",
    "play_counts",
    "record_listens",
    "user_id_by_key",
    "users_by_key",
    "users_page",
]
