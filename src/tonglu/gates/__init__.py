"""The decision chain, one gate a file, in the order of semantics 21. A file registers one `Gate` named `GATE`."""

import functools
import importlib
import pkgutil

from tonglu.gates.gate import Chain, Gate, OwnCondition

__all__ = ["Chain", "Gate", "OwnCondition", "decision_chain"]


@functools.cache
def decision_chain() -> tuple[Gate, ...]:
    """Every gate in the order in which proposals pass them, found by scanning this folder once."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "gate")
    gates = [getattr(importlib.import_module(f"{__name__}.{name}"), "GATE", None) for name in names]
    return tuple(sorted((gate for gate in gates if isinstance(gate, Gate)), key=lambda gate: gate.order))
