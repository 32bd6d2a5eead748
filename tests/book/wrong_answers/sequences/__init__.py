"""Wrong answers to the exercises on sequence models, one module a notebook."""

import importlib
import pkgutil

WRONG = {
    name: answers
    for module in pkgutil.iter_modules(__path__)
    for name, answers in importlib.import_module(f"{__name__}.{module.name}").WRONG.items()
}
