#!/usr/bin/env python3
"""embed_assets.py OUT.c FILE...: style and script of the dashboard as one C table (page.h)."""
import hashlib
import os
import sys

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def main():
    out_path, *paths = sys.argv[1:]
    lines = ['#include "control/page.h"', ""]
    entries = []
    for number, path in enumerate(paths):
        with open(path, "rb") as file:
            data = file.read()
        name = os.path.basename(path)
        kind = TYPES[os.path.splitext(name)[1]]
        digest = hashlib.sha256(data).hexdigest()
        lines.append(f"static const unsigned char file_{number}[] = {{")
        for begin in range(0, len(data), 20):
            lines.append("    " + "".join(f"{byte}," for byte in data[begin : begin + 20]))
        lines.append("    0};")
        entries.append(f'    {{ "{name}", "{kind}", (const char *)file_{number}, {len(data)}, '
                       f'"{digest}" }},')
    lines.append("const struct mz_asset mz_page_assets[] = {")
    lines += entries
    lines.append("};")
    lines.append(f"const int32_t mz_page_asset_count = {len(entries)};")
    with open(out_path, "w", encoding="ascii") as out:
        out.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
