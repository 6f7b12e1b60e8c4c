"""The repository's own promises: layers, sizes, versions, documents."""

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
