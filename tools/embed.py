#!/usr/bin/env python3
"""embed.py OUT.c FILE...: the bytes of files as one C table, for the built-in catalogue."""
import os
import sys


def main():
    out_path, *paths = sys.argv[1:]
    lines = ['#include "catalogue/embedded.h"', ""]
    entries = []
    for number, path in enumerate(paths):
        with open(path, "rb") as file:
            data = file.read()
        name = os.path.splitext(os.path.basename(path))[0]
        lines.append(f"static const unsigned char file_{number}[] = {{")
        for begin in range(0, len(data), 20):
            lines.append("    " + "".join(f"{byte}," for byte in data[begin : begin + 20]))
        lines.append("    0};")
        entries.append(f'    {{ "{name}", (const char *)file_{number}, {len(data)} }},')
    lines.append("const struct mz_embedded_file mz_embedded_files[] = {")
    lines += entries
    lines.append("};")
    lines.append(f"const size_t mz_embedded_file_count = {len(entries)};")
    with open(out_path, "w", encoding="ascii") as out:
        out.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
