#!/usr/bin/env python3
"""valid_records.py SCHEMAS FILE...: every record in these files is JSON and fits the schema that it names.

A file holds one record, pretty or on a line, or several, one to a line.
"""

import json
import pathlib
import sys

import jsonschema


def records(text):
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def main(schemas, files):
    validators = {}
    for schema_file in pathlib.Path(schemas).glob("*.schema.json"):
        schema = json.loads(schema_file.read_text())
        validators[schema["title"]] = jsonschema.Draft7Validator(schema)
    wrong = checked = 0
    for file in files:
        try:
            found = records(pathlib.Path(file).read_text())
            for record in found:
                name = record.get("schema") if isinstance(record, dict) else None
                if name not in validators:
                    raise ValueError(f"schema {name!r} is not known")
                error = jsonschema.exceptions.best_match(validators[name].iter_errors(record))
                if error:
                    raise ValueError("/" + "/".join(map(str, error.path)) + ": " + error.message)
                checked += 1
        except ValueError as error:
            print(f"{file}: {error}")
            wrong += 1
    if not checked:
        print("no record was found")
    return 1 if wrong or not checked else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
