"""Builds the kernel while the project is installed; hatchling calls this by pyproject's word."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_FOLDER = Path("book") / "native"


class KernelBuildHook(BuildHookInterface[Any]):
    """Compiles where there is a compiler; an installation never fails for want of one."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the kernel, and name it for the wheel, which is then one machine's."""
        folder = Path(self.root) / _FOLDER
        compiling = _load(folder / "compiling.py")
        built = compiling.compile_kernel(folder)
        if version == "editable":
            return
        made = compiling.object_path(folder) if built else compiling.note_path(folder)
        build_data["artifacts"].append(f"/{made.relative_to(self.root).as_posix()}")
        if built:
            build_data["pure_python"] = False
            build_data["infer_tag"] = True


def _load(path: Path) -> Any:
    """Load a module by its place: hatchling runs hooks without the project on Python's path."""
    spec = importlib.util.spec_from_file_location("sealedbook_compiling", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
