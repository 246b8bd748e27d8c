"""The catalogue: the library that ships with Attune, as readable files beside this one (see README.md).

`load_catalogue` reads all of it, strictly, once per process.
"""

from exercises.catalogue.library import Cadence, Catalogue, Entry, Program, Week
from exercises.catalogue.reading import CatalogueError, load_catalogue

__all__ = ["Cadence", "Catalogue", "CatalogueError", "Entry", "Program", "Week", "load_catalogue"]
