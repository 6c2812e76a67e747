from __future__ import annotations

from formloom.cli import main

if __name__ == "__main__":
    main()
