"""Episodes from the benchmark's own files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proactive_gym.draw import Draw
from proactive_gym.episode import Episode
from proactive_gym.errors import InputError, check_choice, check_whole
from proactive_gym.menu import Kind, Option
from proactive_gym.setting import Setting
from proactive_gym.sources.assemble import Matter, assemble, decoys_on_menu
from proactive_gym.sources.proactivebench.files import SPLITS, check_scenario, read_rows
from proactive_gym.sources.proactivebench.layout import filtered_ids
from proactive_gym.sources.proactivebench.pictures import PictureBox
from proactive_gym.sources.proactivebench.row import OfficialRow, Photo


class ProactiveBenchSource:
    """The rows of ProactiveBench (arXiv 2603.19466), one episode each, with their pictures.

    The episode of the row with id ``i`` is called ``proactivebench/SCENARIO/SPLIT/i``. Files are opened when a scenario
    of theirs is first asked for.

    Args:
        data_dir: The official ``test`` folder, unpacked: ``*_preprocessed.jsonl`` and the folders of pictures.
        split: ``"filtered"`` (the default), the 7,557 rows of the published numbers, or ``"all"``.
        image_size: Side of square pictures into which the originals are fitted; ``None`` leaves them as they are.

    Raises:
        InputError: If the folder is missing or an argument impossible.
    """

    name = "proactivebench"
    knows_sufficiency = False

    def __init__(
        self, data_dir: str | Path | None = None, split: str | None = None, image_size: int | None = None
    ) -> None:
        if data_dir is None:
            raise InputError(
                "The source 'proactivebench' needs data_dir, the folder with the benchmark's files; "
                "`proactive-gym data install proactivebench` fetches them."
            )
        self.folder = Path(data_dir)
        if not self.folder.is_dir():
            raise InputError(f"data_dir is {str(data_dir)!r}, but there is no such folder.")
        self.split = check_choice("split", "filtered" if split is None else split, SPLITS)
        self.image_size = None if image_size is None else check_whole("image_size", image_size, 32, 4096)
        self.defaults: dict[str, Any] = {"reading": "strict", "menu_order": "benchmark", "wording": "official"}
        self.box = PictureBox(self.folder, self.image_size)
        self._rows: dict[str, dict[int, OfficialRow[Any]]] = {}
        self._unpublished_first = False

    def for_practice(self) -> "ProactiveBenchSource":
        """Where worked examples come from: all rows, those first that the published numbers are not of."""
        source = ProactiveBenchSource(self.folder, "all", self.image_size)
        source._unpublished_first = True
        return source

    def rows(self, scenario: Any) -> dict[int, OfficialRow[Any]]:
        """The rows of a scenario by their ids, in the file's order.

        Raises:
            InputError: If the scenario has none here, or if its file is missing or wrong.
        """
        check_scenario(scenario)
        if scenario.name not in self._rows:
            rows = read_rows(self.folder, scenario, self.split)
            if self._unpublished_first:
                published = filtered_ids()[scenario.dataset]
                rows = dict(sorted(rows.items(), key=lambda item: item[0] in published))
            self._rows[scenario.name] = rows
        return self._rows[scenario.name]

    def size(self, scenarios: Sequence[Any]) -> float:
        """As many as there are rows."""
        return sum(len(self.rows(scenario)) for scenario in scenarios)

    def menu_size(self, scenario: Any, setting: Setting) -> int:
        """The longest menu of all rows, and decoys.

        Raises:
            InputError: If the setting rewords the rows' options.
        """
        if setting.phrasing != "train":
            raise InputError(
                f"phrasing is {setting.phrasing!r}, but official rows keep their own words; leave it out, or take "
                "source='scenes'."
            )
        rows = self.rows(scenario).values()
        longest = max(len(row.categories) + (0 if setting.clear else len(row.asking)) for row in rows)
        return longest + decoys_on_menu(setting)

    def episode_name(self, scenarios: Sequence[Any], number: int, setting: Setting) -> str:
        """The name of row ``number``, counted in the files' order; of several scenarios one comes after the other."""
        for scenario in scenarios:
            rows = self.rows(scenario)
            if number < len(rows):
                return self._name(scenario, list(rows)[number])
            number -= len(rows)
        raise InputError(f"There is no episode {number}; the source {self.name!r} has {int(self.size(scenarios))}.")

    def drawn_name(self, scenarios: Sequence[Any], number: int, setting: Setting) -> str:
        """The name of the row that a large random number means: each scenario is as likely, and each of its rows."""
        number, which = divmod(number, len(scenarios))
        rows = list(self.rows(scenarios[which]))
        return self._name(scenarios[which], rows[number % len(rows)])

    def numbered_name(self, scenarios: Sequence[Any], number: int, setting: Setting) -> str:
        """The name of the row with that id.

        Raises:
            InputError: If there is none, or if several scenarios could have it.
        """
        if len(scenarios) != 1:
            raise InputError(
                f"The episode is {number}, but rows of {len(scenarios)} data sets may have that id; "
                f"name it: '{self.name}/SCENARIO/{self.split}/{number}'."
            )
        return self._name(scenarios[0], number)

    def episode(self, scenarios: Sequence[Any], name: str, setting: Setting) -> Episode:
        """The episode of that name."""
        scenario, row = self._found(scenarios, name)
        wording = setting.wording
        question = wording.clear_questions.get(scenario.name, row.prompt) if setting.clear else row.prompt
        prefix = wording.prefixes.get(scenario.name)
        matter = Matter(
            name=name,
            scenario=scenario.name,
            question=f"{prefix} {question}" if prefix else question,
            hint=scenario.hint,
            answers=row.categories,
            asking=self._asking(scenario, row),
            own=frozenset(scenario.interventions),
            near=scenario.near_decoys(),
            world=row,
            right=row.categories.index(row.answer),
            variant=row.variant,
            published=row.published(),
            ordered=True,
        )
        return assemble(matter, setting, Draw(f"{name}/menu"))

    def paint(self, pictures: Sequence[Photo]) -> list[NDArray[np.uint8]] | NDArray[np.uint8]:
        """The pictures, uint8 ``(H, W, 3)`` each; stacked if they are of one size by ``image_size``."""
        shown = self.box.pictures(pictures)
        return shown if self.image_size is None else np.stack(shown)

    def expect(self, pictures: Sequence[Photo]) -> None:
        """Read these meanwhile: they are shown next."""
        self.box.expect(pictures)

    def _name(self, scenario: Any, number: int) -> str:
        return f"{self.name}/{scenario.name}/{self.split}/{number}"

    def _asking(self, scenario: Any, row: OfficialRow[Any]) -> list[Option]:
        """The row's options with other words for the same, by which replies in free words may ask for it.

        A suggestion of the benchmark's, "Move the blocks", need not say which way: it asks for the first that helps.
        """
        ways = row.moves(row.start)
        first = next((option.name for option in row.asking if option.name in ways), None)
        return [
            option._replace(
                also=(*scenario.interventions.get(option.name, ()), *(row.suggestions if option.name == first else ()))
            )
            if option.kind is Kind.INTERVENTION
            else option
            for option in row.asking
        ]

    def _found(self, scenarios: Sequence[Any], name: str) -> tuple[Any, OfficialRow[Any]]:
        parts = name.split("/")
        if len(parts) != 4 or parts[0] != self.name or not (parts[3].isascii() and parts[3].isdecimal()):
            raise InputError(
                f"There is no episode {name!r}: official ones are called '{self.name}/SCENARIO/{self.split}/ID'."
            )
        known = {scenario.name: scenario for scenario in scenarios}
        scenario = known[check_choice(f"The scenario of episode {name!r}, in this environment,", parts[1], known)]
        check_choice(
            f"The split of episode {name!r}, in an environment with split={self.split!r},", parts[2], [self.split]
        )
        row = self.rows(scenario).get(int(parts[3])) if len(parts[3]) < 20 else None
        if row is None:
            raise InputError(f"There is no episode {name!r}: no row of {scenario.dataset} in that split has that id.")
        return scenario, row
