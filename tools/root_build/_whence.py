"""Where an install of the root gets its components from."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from pathlib import Path


def siblings(root: Path) -> str | None:
    """Give a URL with `{name}` in it, or None where only an index can have the siblings.

    What has the metadata may be read long after this build, so it names only what lasts: the commit at the
    server it came from, or the folder that somebody works in. Never a clone or an unpacked archive that an
    installer made for itself and removes: whatever is installed next to it would fail over the missing
    folder.
    """
    server, commit = origin(root), pushed_commit(root)
    if server and commit:
        return f"git+{server}@{commit}#subdirectory=packages/{{name}}"
    if is_passing(root):
        return None
    return f"{(root / 'packages').as_uri()}/{{name}}"


def origin(root: Path) -> str | None:
    """Give the URL of the checkout's server, without secrets; None where the origin is not on the network.

    Reads the setting itself: `git remote get-url` applies `insteadOf`, and with it the token that people keep
    there.
    """
    url = git(root, "config", "--get", "remote.origin.url")
    scp = re.fullmatch(r"([\w.-]+@[\w.-]+):(?!/)(.+)", url)
    if scp:
        return f"ssh://{scp[1]}/{scp[2]}"
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    if parts.scheme in {"http", "https", "git"}:
        return urlunsplit(parts._replace(netloc=host))
    if parts.scheme == "ssh":
        return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}@{host}" if user else host))
    return None


def pushed_commit(root: Path) -> str | None:
    """Give the commit that is checked out, if nothing was changed since and the server has it."""
    commit = git(root, "rev-parse", "--verify", "HEAD")
    if not commit or git(root, "status", "--porcelain"):
        return None
    is_pushed = (
        # What `git+URL@refs/pull/1/head` got is in no branch of the clone.
        git(root, "rev-parse", "--verify", "FETCH_HEAD") == commit
        or git(root, "for-each-ref", "--contains", commit, "--count=1", "refs/remotes", "refs/tags") != ""
    )
    return commit if is_pushed else None


def is_passing(root: Path) -> bool:
    """Tell whether an installer made this folder for itself: pip by its names, caches by their tag.

    See https://bford.info/cachedir/ for the tag; uv's checkouts are below one.
    """
    return any(re.match(r"pip-(req-build|install|unpack)-", part) for part in root.parts) or any(
        (folder / "CACHEDIR.TAG").exists() for folder in root.parents
    )


def git(root: Path, *arguments: str) -> str:
    """Give what git prints; nothing where this is no checkout or there is no git."""
    if not (root / ".git").exists():  # an archive unpacked inside of somebody else's checkout
        return ""
    try:
        result = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""
