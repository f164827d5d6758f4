#!/usr/bin/env python3
"""rooms.py ROOT: does every room of src/ include only what src/ROOMS allows, and are files small?"""
import os
import re
import sys

LINES_MAX = 800
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"/]+)/')


def read_rooms(path):
    rooms = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if words:
                rooms[words[0]] = set(words[1:]) - {"-"}
    return rooms


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    source = os.path.join(root, "src")
    rooms = read_rooms(os.path.join(source, "ROOMS"))
    problems = []
    folders = {name for name in os.listdir(source) if os.path.isdir(os.path.join(source, name))}
    for room in sorted(folders - set(rooms)):
        problems.append(f"src/{room} is not listed in src/ROOMS")
    for room in sorted(set(rooms) - folders):
        problems.append(f"src/ROOMS lists {room}, which does not exist")
    for room, may in rooms.items():
        for other in may & set(rooms):
            if room in rooms[other]:
                problems.append(f"{room} and {other} include each other")
        allowed = set(rooms) if "all" in may else may | {room}
        folder = os.path.join(source, room)
        for name in sorted(os.listdir(folder)) if room in folders else []:
            if not name.endswith((".c", ".h")):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                lines = file.readlines()
            if len(lines) > LINES_MAX:
                problems.append(f"src/{room}/{name} has {len(lines)} lines, more than {LINES_MAX}")
            for number, line in enumerate(lines, 1):
                match = INCLUDE.match(line)
                if match and match.group(1) not in allowed:
                    problems.append(
                        f"src/{room}/{name}:{number}: {room} may not include {match.group(1)}")
    for problem in problems:
        print(problem)
    print(f"{len(rooms)} rooms, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
