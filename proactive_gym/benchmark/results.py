"""All that one run measured."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from proactive_gym.benchmark.figures import Effort, Figures, Measurement
from proactive_gym.benchmark.goals import Goal, promised


@dataclass
class Benchmark(Figures):
    """All that one run measured."""

    machine: dict[str, Any]
    effort: Effort
    measurements: list[Measurement]
    notes: list[str] = field(default_factory=list)

    @property
    def goals(self) -> list[Goal]:
        """What was promised, beside what was measured; without what could not be compared."""
        return [goal for goal in promised(self) if goal.values]

    def as_json(self) -> dict[str, Any]:
        """Everything, ready for ``json.dump``."""
        return {
            "machine": self.machine,
            "effort": asdict(self.effort),
            "goals": [goal.as_json() for goal in self.goals],
            "measurements": [found.as_json() for found in self.measurements],
            "notes": self.notes,
        }

    def write(self, file: Path) -> None:
        """Write it all as JSON."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(self.as_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
