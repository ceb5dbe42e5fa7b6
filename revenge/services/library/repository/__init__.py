"""How libraries, their files and scans are found and stored: all SQL of this room."""

from revenge.services.library.repository.files import FileRepository
from revenge.services.library.repository.libraries import LibraryRepository
from revenge.services.library.repository.readings import ReadingRepository
from revenge.services.library.repository.scans import ScanRepository

__all__ = ["FileRepository", "LibraryRepository", "ReadingRepository", "ScanRepository"]
