#!/usr/bin/python3
"""The JSON Schema and the loader must not contradict each other.

schema_agrees.py SCHEMA CHECK GOOD_DIR BROKEN_DIR
CHECK is a command that answers 0 for a right file ("mizan check").
A good file passes both. What the schema refuses the loader refuses; and of the mistakes that a
schema can see, it sees all. Files are read as an editor reads them: plain numbers as numbers, and
once more as text.
"""
import json
import math
import os
import re
import subprocess
import sys

import jsonschema
import yaml

# codes of what the table of keys alone can tell
VISIBLE = {"M0107", "M0108", "M0109", "M0110", "M0111", "M0112", "M0113", "M0114", "M0116",
           "M0117", "M0129"}
# ... except what depends on another key, or stands inside an override
UNSEEN = {"missing-name-start-periods", "commit-without-end", "own-site-without-power",
          "equity-missing-amount", "equity-missing-max", "one-site-without-max",
          "override-bad-value", "override-unknown-key", "lead-half-month",
          "committed-missing-capacity", "contract-missing-pools"}  # a fleet may leave them out
NUMBER = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")


def read(path, numbers):
    loader = type("Loader", (yaml.SafeLoader,), {"yaml_implicit_resolvers": {}})

    def plain(self, node):
        text = node.value
        if node.style is None:
            if text in ("", "~", "null"):
                return None
            if text in ("true", "false"):
                return text == "true"
            if numbers and NUMBER.match(text):
                value = float(text)
                if not math.isfinite(value):
                    return text
                return int(value) if value == int(value) and "e" not in text.lower() else value
        return text

    def mapping(self, node):
        # keys of a JSON object are text
        return {k.value: self.construct_object(v, deep=True) for k, v in node.value}

    loader.add_constructor("tag:yaml.org,2002:str", plain)
    loader.add_constructor("tag:yaml.org,2002:map", mapping)
    with open(path, "rb") as stream:
        return yaml.load(stream, loader)


def expected(path):
    with open(path, "rb") as stream:
        return re.findall(rb"# expect: \d+ (M\d+)", stream.read())


def main():
    schema_path, check, good, broken = sys.argv[1:]
    with open(schema_path, encoding="utf-8") as stream:
        schema = json.load(stream)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    bad = 0
    count = 0
    for folder in (good, broken):
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            right = subprocess.run(check.split() + [path], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, check=False).returncode == 0
            codes = {code.decode() for code in expected(path)}
            for numbers in (True, False):
                try:
                    errors = list(validator.iter_errors(read(path, numbers)))
                except (yaml.YAMLError, UnicodeError, AttributeError, RecursionError, TypeError):
                    continue  # not YAML, or not as JSON: nothing for a schema
                count += 1
                stem = name.rsplit(".", 1)[0]
                if right and errors:
                    print(f"{name}: the loader takes it, the schema refuses: {errors[0].message}")
                    bad += 1
                if not right and not errors and codes <= VISIBLE and stem not in UNSEEN:
                    print(f"{name}: the schema misses {codes}")
                    bad += 1
                if folder == good and (errors or not right):
                    print(f"{name}: a good file is refused")
                    bad += 1
    print(f"{count} readings, {bad} contradictions")
    return 1 if bad or count < 150 else 0


if __name__ == "__main__":
    sys.exit(main())
