"""Tests of the folder of objects: all or nothing, never overwritten, nowhere else."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.objects import DirectoryObjects, ObjectError, ObjectExistsError, ObjectMissingError

NAMES = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}(/[a-z0-9][a-z0-9._-]{0,20}){0,3}", fullmatch=True)


@pytest.fixture
def objects(tmp_path: Path) -> DirectoryObjects:
    """Return an empty folder of objects."""
    return DirectoryObjects(tmp_path / "objects")


@given(name=NAMES, data=st.binary(max_size=300), offset=st.integers(0, 400), length=st.integers(0, 400))
def test_any_range_of_an_object_comes_back(name: str, data: bytes, offset: int, length: int) -> None:
    """What was put is read again, whole and by any range, and its size is told."""
    with TemporaryDirectory() as folder:
        objects = DirectoryObjects(Path(folder))
        objects.put(name, data)
        assert data == objects.read(name)
        assert data[offset : offset + length] == objects.read(name, offset=offset, length=length)
        assert data[offset:] == objects.read(name, offset=offset)
        assert len(data) == objects.size(name)
        assert [name] == objects.names()


def test_an_object_is_never_overwritten(objects: DirectoryObjects) -> None:
    """A second put of a name is refused, and the first object stays as it is."""
    objects.put("books/a.1", b"first")
    with pytest.raises(ObjectExistsError):
        objects.put("books/a.1", b"second")
    assert b"first" == objects.read("books/a.1")
    assert ["books/a.1"] == objects.names()


def test_a_crash_before_the_link_leaves_no_object(objects: DirectoryObjects) -> None:
    """Bytes that were written but not linked are no object, and are in nobody's way."""
    objects.put("books/a.1", b"whole")
    left = objects.root / "books" / ".b.1.0123456789abcdef.part"
    left.write_bytes(b"ha")
    assert ["books/a.1"] == objects.names()
    with pytest.raises(ObjectMissingError):
        objects.read("books/b.1")
    objects.put("books/b.1", b"whole too")
    assert b"whole too" == objects.read("books/b.1")


def test_a_put_leaves_nothing_but_its_object(objects: DirectoryObjects) -> None:
    """No half-written file stays behind, whether a put was taken or refused."""
    objects.put("books/a.1", b"first")
    with pytest.raises(ObjectExistsError):
        objects.put("books/a.1", b"second")
    assert ["a.1"] == [path.name for path in (objects.root / "books").iterdir()]


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", "../a", "a/../b", "a/..", "/a", "/etc/passwd", "a/", "a//b", ".hidden", "a/.part",
        "A", "a b", "a\n", "a\x00", "a\\b", "é", "~", "-a", "a" * 129,
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(objects: DirectoryObjects, name: str) -> None:
    """A name is plain segments; anything else is refused by every duty, and nothing is written."""
    with pytest.raises(ObjectError):
        objects.put(name, b"x")
    with pytest.raises(ObjectError):
        objects.read(name)
    with pytest.raises(ObjectError):
        objects.size(name)
    with pytest.raises(ObjectError):
        objects.delete(name)
    assert ["objects"] == [path.name for path in objects.root.parent.iterdir()]
    assert [] == [path.name for path in objects.root.iterdir()]


def test_a_delete_may_be_repeated(objects: DirectoryObjects) -> None:
    """Deleting an object twice, or one that never was, is no error."""
    objects.put("books/a.1", b"x")
    objects.delete("books/a.1")
    objects.delete("books/a.1")
    objects.delete("shelves/never")
    assert [] == objects.names()


def test_a_missing_object_is_named(objects: DirectoryObjects) -> None:
    """Reading or measuring what isn't there says which object is missing."""
    with pytest.raises(ObjectMissingError, match=r"books/a\.1"):
        objects.read("books/a.1")
    with pytest.raises(ObjectMissingError, match=r"books/a\.1"):
        objects.size("books/a.1")


def test_a_folder_of_objects_is_no_object(objects: DirectoryObjects) -> None:
    """A name that is only the beginning of names holds nothing, and nothing is deleted by it."""
    objects.put("books/a.1", b"x")
    with pytest.raises(ObjectMissingError):
        objects.read("books")
    with pytest.raises(ObjectMissingError):
        objects.size("books")
    objects.delete("books")
    assert ["books/a.1"] == objects.names()


def test_nothing_lies_under_an_object(objects: DirectoryObjects) -> None:
    """A name that goes on from an object's is missing to readers and refused to writers."""
    objects.put("books", b"x")
    with pytest.raises(ObjectMissingError):
        objects.read("books/a.1")
    with pytest.raises(ObjectExistsError):
        objects.put("books/a.1", b"y")


def test_names_are_found_by_their_beginning(objects: DirectoryObjects) -> None:
    """Names come sorted, and only those that begin as asked."""
    for name in ("books/b.1", "books/a.2", "books/a.1", "snapshots/a"):
        objects.put(name, b"")
    assert ["books/a.1", "books/a.2"] == objects.names("books/a")
    assert ["books/a.1", "books/a.2", "books/b.1", "snapshots/a"] == objects.names()


def test_objects_are_their_owners_alone(objects: DirectoryObjects) -> None:
    """Folders and files can be opened by nobody else."""
    objects.put("books/a.1", b"x")
    modes = [path.stat().st_mode & 0o077 for path in (objects.root, *objects.root.rglob("*"))]
    assert [0, 0, 0] == modes
