"""Postgres refuses to run as root: which account runs it then, and what that account can reach."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Account:
    """A user of the operating system."""

    name: str
    uid: int
    gid: int


def unprivileged_account() -> Account | None:
    """The account Postgres runs as when Segue is root (`nobody`); None when Segue is not root."""
    if os.name != "posix" or os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def reachable(folder: Path, account: Account) -> bool:
    """Whether `account` may enter `folder`: every folder down to it lets others search it.

    A part that does not exist yet counts as reachable: Segue will make it with mode 0755.
    """
    for part in [folder, *folder.parents]:
        try:
            status = part.stat()
        except FileNotFoundError:
            continue
        if status.st_uid == account.uid and status.st_mode & 0o100:
            continue
        if not status.st_mode & 0o001:
            return False
    return True
