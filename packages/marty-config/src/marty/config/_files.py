"""A file on disk to values with positions, whatever stands at its path."""

from __future__ import annotations

import codecs
import errno
import os
import re
import stat
from typing import TYPE_CHECKING

from marty.config import _yaml
from marty.config._errors import Fault
from marty.config._origin import Origin
from marty.config._tree import Reading

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES = 1024 * 1024
# What YAML allows in a text (https://yaml.org/spec/1.2.2/#51-character-set), without NEL and DEL.
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class UnreadableFileError(Exception):
    """A file cannot be read; the message says why and what to do."""


def read(path: Path, name: str) -> Reading:
    """The values of the file at `path`, shown to its user as `name`."""
    try:
        content = _bytes(path)
    except UnreadableFileError as error:
        return Reading(None, (Fault(Origin("file", name), None, str(error)),), is_whole=False)
    return _decode(content, name)


def _bytes(path: Path) -> bytes:
    try:
        # Without O_NONBLOCK, opening a FIFO waits for a writer, perhaps for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableFileError(_reason(error)) from error
    except ValueError as error:  # a NUL in the path
        raise UnreadableFileError("not the name of a file") from error
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise UnreadableFileError("is a directory; name a file")
        if not stat.S_ISREG(mode):
            raise UnreadableFileError("is no regular file; name a file on disk")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(_MOST_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > _MOST_BYTES:
        raise UnreadableFileError("larger than 1 MiB; settings are read whole, so keep data elsewhere")
    return content


def _reason(error: OSError) -> str:
    reasons = {
        errno.ENOENT: "no such file; check the name and the working directory",
        errno.ENOTDIR: "no such file; a part of the path is no directory",
        errno.EACCES: "permission denied; make it readable for the user that runs the service",
        errno.ELOOP: "symbolic links that lead in a circle; make the link point to a file",
        errno.ENAMETOOLONG: "not the name of a file",
    }
    code = error.errno or 0
    return reasons.get(code, f"cannot be read: {os.strerror(code).lower()}")


def _decode(content: bytes, name: str) -> Reading:
    if content.startswith(_WIDE_MARKS):
        return _broken(name, "not UTF-8 but UTF-16 or UTF-32; save it as UTF-8")
    try:
        text = content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        return _broken(name, "not UTF-8; save the file as UTF-8", content[: error.start].decode())
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        message = "a control character, which YAML does not allow; remove it"
        return _broken(name, message, text[: forbidden.start()])
    return _yaml.parse(text, name)


def _broken(name: str, message: str, before: str | None = None) -> Reading:
    origin = Origin("file", name)
    if before is not None:
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        origin = Origin("file", name, line, column)
    return Reading(None, (Fault(origin, None, message),), is_whole=False)
