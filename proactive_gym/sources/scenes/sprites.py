"""Painted props, kept in memory."""

from proactive_gym.sources.scenes.frame import Prop
from proactive_gym.sources.scenes.kept import Kept
from proactive_gym.sources.scenes.sprite import Sprite

Key = tuple[Prop, int, int]
"""A prop, and its width and height in pixels."""

BACKDROP_BYTES, SPRITE_BYTES = 112 * 2**20, 400 * 2**20
"""Most memory for painted backdrops, which are few, large and dear, and for all other props, which are many.

At 224 x 224 all of the test split fits: after a minute and a half of play it takes 97 and 361 MB.

All environments of a process share it; what was not used for long goes first.
"""


def sprite(prop: Prop, width: int, height: int) -> Sprite:
    """The prop painted at that many pixels, from memory if it or its mirror image is there."""
    if not prop.recurs:
        return prop.seen(width, height)
    return (_backdrops if prop.backdrop else _sprites)((prop, width, height))


def _made(key: Key) -> Sprite:
    prop, width, height = key
    original = prop.mirrored
    return prop.seen(width, height) if original is None else sprite(original, width, height).mirrored(width)


def _nbytes(painted: Sprite) -> int:
    return painted.nbytes


_backdrops = Kept[Key, Sprite](_made, _nbytes, BACKDROP_BYTES)
_sprites = Kept[Key, Sprite](_made, _nbytes, SPRITE_BYTES)
