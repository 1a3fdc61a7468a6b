"""How `kubectl firebreak` ends, and what it says."""

import dataclasses
import json

DONE, ERROR, USAGE, REFUSED = 0, 1, 2, 3  # as `kubectl firebreak --help` documents them


@dataclasses.dataclass(frozen=True)
class Answer:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    def ends(self, code: int, *words: str) -> "Answer":
        """The exit code, and words that must be in the answer, or in the complaint where it failed."""
        said = self.err if self.code else self.out
        assert self.code == code and all(word in said for word in words), self
        assert code == DONE or not self.out, f"who pipes the output would take this for an answer: {self.out}"
        return self

    def json(self):
        return json.loads(self.ends(DONE).out)
