"""Fills in three columns of ``proactive_gym/data/subjects.tsv``: split, lookalikes, and what a subject is mistaken for.

The table is written once and then stays: an episode's name stands for the same menu only as long as it does. Run it
again only when subjects are added:

    python tools/assign_subjects.py
"""

import csv
import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from proactive_gym.sources.scenes import art
from proactive_gym.sources.scenes.named import LOOKALIKES, SHARES

TABLE = Path(__file__).parents[1] / "proactive_gym" / "data" / "subjects.tsv"
SIDE = 8

# Subjects that a careful person might call by one another's name never stand on one menu.
ALIKE = (
    {"rhinoceros", "hippopotamus"},
    {"waffle", "pancakes"},
    {"motor scooter", "motorcycle", "kick scooter"},
    {"car", "taxi"},
    {"delivery truck", "pickup truck", "fire engine", "ambulance"},
    {"ship", "speedboat", "sailboat"},
    {"wolf", "fox", "dog"},
    {"leopard", "tiger", "lion"},
    {"cow", "bison"},
    {"deer", "moose", "goat"},
    {"duck", "goose", "swan"},
    {"bear", "teddy bear", "panda", "koala"},
    {"otter", "beaver", "chipmunk", "mouse"},
    {"horse", "donkey"},
    {"bee", "fly"},
    {"lobster", "shrimp", "crab", "scorpion"},
    {"whale", "dolphin", "shark", "fish"},
    {"crocodile", "lizard"},
    {"orange", "tomato", "peach", "apple"},
    {"bread", "baguette", "croissant"},
    {"pie", "birthday cake", "cupcake"},
    {"bagel", "doughnut"},
    {"cup of coffee", "cup with straw", "glass of milk"},
    {"wine glass", "cocktail glass", "beer mug"},
    {"spoon", "fork and knife", "kitchen knife"},
    {"guitar", "banjo", "violin"},
    {"glasses", "sunglasses", "goggles"},
    {"straw hat", "top hat", "baseball cap", "military helmet"},
    {"running shoe", "hiking boot", "high-heeled shoe", "ice skate"},
    {"coat", "dress", "t-shirt"},
    {"handbag", "backpack", "briefcase", "suitcase", "basket"},
    {"alarm clock", "mantel clock", "wristwatch"},
    {"desktop computer", "laptop", "television"},
    {"camera", "video camera"},
    {"telephone", "mobile phone"},
    {"axe", "hammer", "pickaxe"},
    {"pencil", "fountain pen", "paintbrush"},
    {"gift box", "cardboard box"},
    {"bucket", "wastebasket"},
    {"pine tree", "Christmas tree"},
    {"house", "church", "castle", "factory"},
    {"tulip", "rose", "sunflower"},
    {"soccer ball", "basketball", "baseball", "tennis ball", "american football"},
    {"ping-pong paddle", "badminton racket"},
    {"salt shaker", "jar", "lotion bottle", "baby bottle"},
    {"computer mouse", "mouse"},
    {"planet with ring", "satellite", "flying saucer"},
    {"chestnut", "onion", "garlic"},
    {"peanuts", "potato"},
    {"needle", "safety pin", "pushpin"},
    {"wrench", "bolt", "gear"},
    {"bus", "tram"},
)


def main() -> None:
    """Read the table, fill it in, write it back."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assign_splits(rows)
    for split in SHARES:
        assign_lookalikes([row for row in rows if row["split"] == split])
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def assign_splits(rows: list[dict[str, str]]) -> None:
    """Divide each kind of subject by the shares, in an order that only the codepoints decide."""
    for kind in sorted({row["kind"] for row in rows}):
        members = sorted((row for row in rows if row["kind"] == kind), key=lambda row: digest(row["codepoint"]))
        start = 0.0
        for split, share in SHARES.items():
            end = start + share * len(members)
            for row in members[round(start) : round(end)]:
                row["split"] = split
            start = end


def digest(codepoint: str) -> str:
    """A fixed random order."""
    return hashlib.sha256(codepoint.encode()).hexdigest()


def assign_lookalikes(rows: list[dict[str, str]]) -> None:
    """To each subject of a split, the others that look most like it from afar, the most alike first."""
    blurred = np.stack([thumbnail(row["codepoint"]) for row in rows])
    blurred /= np.linalg.norm(blurred, axis=1, keepdims=True)
    similarities = (blurred @ blurred.T).round(6)  # rounded, so that the last bit of a sum decides nothing
    for row, similarity in zip(rows, similarities, strict=True):
        for index, other in enumerate(rows):
            # Among equally similar pictures, things of one kind are the harder choice.
            if other["kind"] == row["kind"]:
                similarity[index] += 0.05
        near = [rows[index]["name"] for index in np.argsort(-similarity, kind="stable")]
        others = set(near) & mistaken_for(row["name"])
        chosen = [name for name in near if name != row["name"] and name not in others]
        row["lookalikes"] = "|".join(chosen[:LOOKALIKES])
        row["mistaken_for"] = "|".join(sorted(others))


def thumbnail(codepoint: str) -> np.ndarray:
    """The drawing as someone with very bad eyes sees it: where it is, and how its colour departs from grey."""
    glyph = art.glyph(codepoint)
    side = max(glyph.size)
    canvas = Image.new("RGBA", (side, side), (128, 128, 128, 0))
    canvas.paste(glyph, ((side - glyph.width) // 2, (side - glyph.height) // 2))
    seen = np.asarray(canvas.convert("RGBa").resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float64)
    alpha = seen[..., 3:]
    colour = seen[..., :3] - 128 * alpha / 255
    return np.concatenate([alpha, 1.5 * colour], -1).ravel()


def mistaken_for(name: str) -> set[str]:
    """All that may be taken for the subject of that name."""
    return {other for group in ALIKE if name in group for other in group if other != name}


if __name__ == "__main__":
    main()
