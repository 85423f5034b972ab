"""Files written whole or not at all: a killed run or a full disk never leaves half a file behind."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cogmeta.errors import UserError


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; on success it replaces ``path`` in one step.

    Parameters
    ----------
    path : str or Path
        The file to write. Its folder is made if needed.

    Yields
    ------
    Path
        Write here. If the block raises, this file is removed and ``path`` stays as it was.

    Examples
    --------
    >>> with atomic_path(tmp / "record.json") as part:
    ...     _ = part.write_text("{}")
    >>> (tmp / "record.json").read_text()
    '{}'
    """
    path = _no_folder(Path(path))
    make_folder(path.parent)
    try:
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    except OSError as error:
        raise UserError(f"{str(path)!r} cannot be written: {error.strerror}. Choose another place with --out.") from error
    os.close(handle)
    part = Path(part)
    try:
        yield part
        _flush(part)
        part.chmod(0o666 & ~_umask())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def check_file(path: str | Path) -> Path:
    """Return the path of a file that can be written, before the work whose result it is to hold; see ``check_folder``.

    Raises
    ------
    UserError
        ``path`` is a folder, or its folder cannot be made or written to.
    """
    path = _no_folder(Path(path))
    check_folder(path.parent)
    return path


def check_folder(folder: str | Path) -> Path:
    """Return a folder that can be made and written to, before the work whose results it is to hold; nothing is left of trying.

    Whoever writes the first result makes it, so that work which is refused leaves no empty folder behind.

    Raises
    ------
    UserError
        The folder cannot be made or written to.

    Examples
    --------
    >>> check_folder(tmp / "results" / "fits").exists(), (tmp / "results").exists()
    (False, False)
    """
    folder = Path(folder)
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    make_folder(folder)
    for path in missing:
        with suppress(OSError):  # somebody else has written there meanwhile
            path.rmdir()
    return folder


def make_folder(folder: str | Path) -> Path:
    """Make a folder and its parents; say in one sentence if that cannot be done.

    Raises
    ------
    UserError
        The folder cannot be made or written to.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise UserError(f"{str(folder)!r} is a file; expected an output folder. Choose another with --out.") from error
    except OSError as error:
        raise UserError(f"the output folder {str(folder)!r} cannot be made: {error.strerror}. "
                        "Choose another with --out.") from error
    if not os.access(folder, os.W_OK):
        raise UserError(f"the output folder {str(folder)!r} cannot be written to. Choose another with --out.")
    return folder


def _no_folder(path: Path) -> Path:
    if path.is_dir():
        raise UserError(f"{str(path)!r} is a folder; expected the name of a file to write.")
    return path


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
