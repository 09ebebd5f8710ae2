"""An anchor that is a folder: another disk, a share of another machine, a medium written once.

The folder must be there already: one made anew where a disk should be mounted would be no
anchor. A copy is written under another name, flushed, and linked to its own; none is replaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audit.anchor import AnchorError, Copy, Trouble, newest_name, read_copy
from runtime.objects import DirectoryObjects, ObjectError, ObjectExistsError


@dataclass(frozen=True)
class FolderAnchor:
    """Copies as files of a folder."""

    folder: Path
    name: str = "folder"

    def put(self, copy: Copy) -> None:
        """Write a copy durably; the same one may be there already."""
        data = copy.note.encode()
        try:
            try:
                self._objects().put(copy.name, data)
            except ObjectExistsError:
                if self._objects().read(copy.name) != data:
                    raise AnchorError(Trouble.TAKEN) from None
        except (OSError, ObjectError):
            raise AnchorError(Trouble.UNWRITABLE) from None

    def newest(self, known: int) -> Copy | None:
        """Return the copy over the most entries."""
        try:
            objects = self._objects()
            name = newest_name((each.name for each in self.folder.iterdir()), known)
            return None if name is None else read_copy(name, objects.read(name))
        except (OSError, ObjectError):
            raise AnchorError(Trouble.UNREADABLE) from None

    def _objects(self) -> DirectoryObjects:
        if not self.folder.is_dir():
            raise AnchorError(Trouble.MISSING)
        return DirectoryObjects(self.folder)
