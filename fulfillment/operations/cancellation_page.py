"""The tables of docs/cancellation.md: ``python -m fulfillment.operations.cancellation_page``.

Without an argument they are printed; with the page's path they are written into it, between its
markers.
"""

import sys
from pathlib import Path

from fulfillment.domain.cancellation import render_actions, render_table
from fulfillment.domain.readdressing import render_effects

TABLES = {
    "table": render_table,
    "actions": render_actions,
    "addresses": render_effects,
}


def filled(page: str) -> str:
    """Return the page with its tables as they are now."""
    for name, render in TABLES.items():
        begin, end = f"<!-- {name} -->\n", "<!-- end -->"
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}{render()}\n{end}{after}"
    return page


if __name__ == "__main__":
    if len(sys.argv) > 1:
        path = Path(sys.argv[1])
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        sys.stdout.write("\n\n".join(render() for render in TABLES.values()) + "\n")
