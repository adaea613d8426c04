"""`python -m handbook` writes the generated parts of docs/ and of mkdocs.yml anew, and Grafana's dashboards."""

from __future__ import annotations

from handbook.boards.files import board_files
from handbook.generated import filled, generated_files
from handbook.openapi import OPENAPI, openapi_json


def main() -> None:
    """Write every file whose generated parts are out of date."""
    for file in generated_files():
        old = file.read_text(encoding="utf-8")
        new = filled(old)
        if new != old:
            file.write_text(new, encoding="utf-8")
    for file, text in board_files().items():
        file.write_text(text, encoding="utf-8")
    OPENAPI.write_text(openapi_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
