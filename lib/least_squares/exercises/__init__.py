"""TEMPORARY while the modules are being written: gathers whatever exists."""

import importlib
import pkgutil

for _m in pkgutil.iter_modules(__path__):
    _mod = importlib.import_module(f"{__name__}.{_m.name}")
    globals().update({n: getattr(_mod, n) for n in _mod.__all__})
