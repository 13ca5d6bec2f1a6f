"""The kinds of step, one file each. A file registers one `StepKind` named `KIND`; schema, docs, labels and the engine derive
from it, and nothing elsewhere asks which kind a step is.
"""

import functools
import importlib
import pkgutil

from tonglu.steps.kind import CompiledStep, Lowered, StepKind

__all__ = ["CompiledStep", "Lowered", "StepKind", "step_kinds"]


@functools.cache
def step_kinds() -> dict[str, StepKind]:
    """Every step kind by name, found by scanning this folder once."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "kind")
    kinds = [getattr(importlib.import_module(f"{__name__}.{name}"), "KIND", None) for name in names]
    return {kind.name: kind for kind in kinds if isinstance(kind, StepKind)}
