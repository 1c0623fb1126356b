"""Draws ``docs/gallery.png``: for each scenario a first picture, what is asked for, and what is shown then.

python tools/gallery.py
python tools/gallery.py --source photos      # runs/gallery_photos.png; pictures of others are not committed
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from proactive_gym.envs import SCENARIOS
from proactive_gym.setting import Setting
from proactive_gym.sources import make_source
from proactive_gym.sources.scenes.source import ScenesSource
from proactive_gym.world import shortest_route

ROOT = Path(__file__).parents[1]
SIDE, GAP = 200, 10
# Episodes that show the variety of what can be asked for.
CHOSEN = {
    "occlusion": 0,
    "video_occlusion": 6,
    "viewpoint": 2,
    "image_quality": 7,
    "sketch": 1,
    "video_moment": 0,
    "framing": 2,
}


def main() -> None:
    """Draw and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", default="scenes")
    parser.add_argument("--data-dir")
    options = parser.parse_args()
    source = make_source(options.source, options.data_dir, image_size=SIDE)
    if not isinstance(source, ScenesSource):
        parser.error(f"--source {options.source} renders no scenes")
    columns = [column(source, scenario) for scenario in SCENARIOS if source.drives(scenario)]
    page = Image.new("RGB", (sum(c.width + GAP for c in columns) + GAP, columns[0].height + 2 * GAP), "white")
    for number, picture in enumerate(columns):
        page.paste(picture, (GAP + number * (SIDE + GAP), GAP))
    ours = options.source == "scenes"
    file = ROOT / "docs" / "gallery.png" if ours else ROOT / "runs" / f"gallery_{options.source}.png"
    file.parent.mkdir(exist_ok=True)
    page.quantize(192).save(file, optimize=True)


def column(source: ScenesSource, scenario) -> Image.Image:
    """The scenario's name, the first picture, the request, the sufficient picture."""
    name = source.episode_name([scenario], CHOSEN[scenario.name], Setting())
    episode = source.episode([scenario], name, Setting())
    route = shortest_route(episode.world, episode.start, episode.turns - 1) or ()
    place = episode.start
    for intervention in route:
        place = episode.world.moves(place)[intervention]
    first, last = source.paint([episode.world.picture(episode.start), episode.world.picture(place)])
    said = next(option.text for option in episode.menu if route and option.name == route[0])
    page = Image.new("RGB", (SIDE, 2 * SIDE + 84), "white")
    pen = ImageDraw.Draw(page)
    pen.text((2, 2), scenario.name.replace("_", " "), fill="black", font=ImageFont.load_default(17))
    page.paste(Image.fromarray(np.asarray(first)), (0, 28))
    text = f"{said.rstrip('.')}" + (f"  x{len(route)}" if len(route) > 1 else "")
    for row, line in enumerate(wrapped(text)):
        pen.text((2, SIDE + 34 + 18 * row), line, fill=(52, 96, 168), font=ImageFont.load_default(14))
    page.paste(Image.fromarray(np.asarray(last)), (0, SIDE + 78))
    return page


def wrapped(text: str) -> list[str]:
    """At most two lines."""
    from textwrap import wrap

    return wrap(text, 26)[:2]


if __name__ == "__main__":
    main()
