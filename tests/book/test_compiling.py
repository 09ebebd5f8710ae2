"""Building the kernel: whole or not at all, with a note that says why, and anew when sources change."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from book.native import compiling
from book.native.compiling import (
    SOURCES,
    compile_kernel,
    compiler,
    is_current,
    note_path,
    object_path,
    sources_digest,
)

SOURCE = "const char *kernel_sources(void) { return SEALEDBOOK_SOURCES; }\n"
needs_compiler = pytest.mark.skipif(compiler() is None, reason="no C compiler")


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """Return a folder with one small source in the kernel's place."""
    (tmp_path / "about.c").write_text(SOURCE)
    return tmp_path


@needs_compiler
def test_a_compiler_makes_an_object_and_leaves_nothing_else(folder: Path) -> None:
    """The object says what it was made of; no part, no note."""
    assert compile_kernel(folder)
    assert is_current(folder)
    assert sources_digest(folder).encode() in object_path(folder).read_bytes()
    assert ["about.c", "kernel.stamp", "libkernel.so"] == sorted(path.name for path in folder.iterdir())


def test_without_a_compiler_there_is_a_note(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says why, an old object is gone, and the next start doesn't try again for nothing."""
    object_path(folder).write_bytes(b"old")
    monkeypatch.setenv("CC", "no-such-compiler")

    assert not compile_kernel(folder)
    assert note_path(folder).read_text() == "there is no C compiler here"
    assert not object_path(folder).exists()
    assert is_current(folder)


@needs_compiler
def test_a_compiler_that_comes_later_is_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was missed is made up for, and the note goes."""
    with monkeypatch.context() as without:
        without.setenv("CC", "no-such-compiler")
        assert not compile_kernel(folder)

    assert not is_current(folder)
    assert compile_kernel(folder)
    assert not note_path(folder).exists()


@needs_compiler
def test_a_failing_compiler_leaves_a_note_of_its_error(folder: Path) -> None:
    """The first error, short; no object of before stands for other sources."""
    assert compile_kernel(folder)
    (folder / "about.c").write_text("this is no C\n")

    assert not compile_kernel(folder)
    assert "error" in note_path(folder).read_text()
    assert not object_path(folder).exists()


def test_a_compiler_that_can_not_be_started_leaves_a_note(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that isn't one is no error of the installation."""
    broken = folder / "cc"
    broken.write_bytes(b"\x7fELF")
    broken.chmod(0o755)
    monkeypatch.setenv("CC", str(broken))

    assert not compile_kernel(folder)
    assert "couldn't be used" in note_path(folder).read_text()


@needs_compiler
def test_changed_sources_are_stale(folder: Path) -> None:
    """A changed file, a new one, and flags all ask for a build; a touched one doesn't."""
    assert compile_kernel(folder)
    (folder / "about.c").touch()
    assert is_current(folder)

    (folder / "about.c").write_text(SOURCE + "/* more */\n")
    assert not is_current(folder)
    assert compile_kernel(folder)
    (folder / "more.h").write_text("\n")
    assert not is_current(folder)


def test_nothing_built_yet_is_not_current(folder: Path) -> None:
    """The first start builds."""
    assert not is_current(folder)


@needs_compiler
def test_an_object_of_other_sources_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pure path serves until the kernel is built anew; the reason is told."""
    folder = tmp_path / "native"
    shutil.copytree(SOURCES, folder, ignore=shutil.ignore_patterns("*.so", "*.stamp", "*.note"))
    assert compile_kernel(folder)
    kernel = _module(folder / "kernel.py", monkeypatch, folder)
    assert kernel.load_kernel().width in {1, 4, 16}

    (folder / "about.c").write_text((folder / "about.c").read_text() + "\n")
    stale = _module(folder / "kernel.py", monkeypatch, folder)

    with pytest.raises(stale.KernelMissingError, match="other sources"):
        stale.load_kernel()
    assert stale.kernel_or_none() is None


def test_a_missing_or_broken_object_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never built, a note of the last attempt, or no library at all: books are made either way."""
    kernel = _module(SOURCES / "kernel.py", monkeypatch, tmp_path)
    with pytest.raises(kernel.KernelMissingError, match="never built"):
        kernel.load_kernel()
    note_path(tmp_path).write_text("there is no C compiler here")
    with pytest.raises(kernel.KernelMissingError, match="no C compiler"):
        kernel.load_kernel()
    object_path(tmp_path).write_bytes(b"noise")
    with pytest.raises(kernel.KernelMissingError, match="can't be loaded"):
        kernel.load_kernel()
    assert kernel.kernel_or_none() is None


def _module(path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Any:
    """Load a module of its own whose kernel lies in `folder`."""
    found: ModuleType = _loaded(path)
    for name in ("object_path", "note_path", "sources_digest"):
        of_folder = getattr(compiling, name)
        monkeypatch.setattr(found, name, lambda of_folder=of_folder: of_folder(folder))
    return found


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"a_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("version", ["standard", "editable"])
def test_the_installation_builds_the_kernel_and_never_fails_for_it(
    tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel carries the object and is one machine's, or carries the note and is anybody's."""
    pytest.importorskip("hatchling", reason="hatchling isn't installed here")
    folder = tmp_path / "book" / "native"
    folder.mkdir(parents=True)
    (folder / "about.c").write_text(SOURCE)
    shutil.copy(SOURCES / "compiling.py", folder)
    hook = _loaded(SOURCES / "hook.py")

    without = _build(hook, tmp_path, version, monkeypatch, compiler_name="no-such-compiler")
    assert without == (
        {"artifacts": []} if version == "editable" else {"artifacts": ["/book/native/kernel.note"]}
    )
    if compiler() is None:
        pytest.skip("no C compiler")
    made = _build(hook, tmp_path, version, monkeypatch, compiler_name=None)
    assert object_path(folder).is_file()
    if version == "standard":
        assert made == {"artifacts": ["/book/native/libkernel.so"], "pure_python": False, "infer_tag": True}


def _build(
    hook: ModuleType, root: Path, version: str, monkeypatch: pytest.MonkeyPatch, *, compiler_name: str | None
) -> dict[str, Any]:
    build_data: dict[str, Any] = {"artifacts": []}
    with monkeypatch.context() as here:
        if compiler_name is not None:
            here.setenv("CC", compiler_name)
        made = hook.KernelBuildHook(str(root), {}, None, None, str(root), "wheel")
        made.initialize(version, build_data)
    return build_data
