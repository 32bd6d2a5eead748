"""An exercise: a contract, and a teacher who knows the classic mistakes.

Declared once, in ``lib/<chapter>/exercises/``: the reference solution (its signature and docstring are the student's
stub), randomised cases, three hints, and each classic mistake as a wrong implementation with the sentence a good
teacher says on seeing it. ``check`` runs the student's answer on the cases and never raises, whatever it is given.

| room | holds |
|---|---|
| `declare` | what a chapter's module calls: exercise, number, choice, order, prediction, goal, case |
| `kinds` | the six kinds: what each asks for, its hints, its solution |
| `judge` | where the verdict on a function is made |
| `trials` | one answer on one case: run, compared, what is wrong in words |
| `diagnose` | which mistake it was: right, or silent |
| `mutants` | a solution with one thing changed: a test of the cases, and what a student's answer is compared with |
| `verdicts` | what a check, a hint and a solution say, as text, HTML and data for the page |
| `progress` | what is remembered of the verdicts, and a chapter's table |
| `stubs` | the source and the stub of a solution, and whether a stub is still untouched |

This package needs only Python: numpy and sympy are touched only where an exercise's own values are theirs.
"""

from lib.book.exercises.declare import all_exercises, case, choice, exercise, goal, number, order, prediction
from lib.book.exercises.kinds import EXERCISES, Exercise
from lib.book.exercises.progress import Progress, memory_key, progress, remember
from lib.book.exercises.verdicts import Note, Verdict

__all__ = [
    "EXERCISES",
    "Exercise",
    "Note",
    "Progress",
    "Verdict",
    "all_exercises",
    "case",
    "choice",
    "exercise",
    "goal",
    "memory_key",
    "number",
    "order",
    "prediction",
    "progress",
    "remember",
]
