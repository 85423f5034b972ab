"""``python -m cogmeta`` is the ``cogmeta`` command."""

from cogmeta.cli import main

if __name__ == "__main__":
    main()
