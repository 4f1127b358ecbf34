#!/usr/bin/env python3
"""Checks the schemas, and records against them, with an implementation other than ours.

  check_records.py [FILE...]

Every schemas/*.schema.json must be a valid draft-7 schema whose title, file name and "schema" constant agree, and each of
its examples must follow it. Every FILE (.json: one record; .jsonl: one record a line) must hold records that follow the
schema their "schema" field names.
Exit: 0 all good; 1 some are not, each with file:line; 2 wrong command line.
"""
import argparse
import json
import pathlib
import re
import sys

import jsonschema

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"


class Violation(Exception):
    """What is wrong, with its place in front."""


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def parse(text, place, line=1):
    try:
        return json.loads(text, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        raise Violation(f"{place}:{line + error.lineno - 1}: not valid JSON: {error.msg}") from None
    except ValueError as error:
        raise Violation(f"{place}:{line}: not valid JSON: {error}") from None


def check(validator, record, place):
    """Raises the deepest violation: outer ones only repeat that an inner one failed."""
    errors = list(validator.iter_errors(record))
    if errors:
        error = max(errors, key=lambda e: len(e.absolute_path))
        pointer = "".join(f"/{part}" for part in error.absolute_path) or "/"
        raise Violation(f"{place}: {pointer}: {error.message[:300]}")


def load_schema(file):
    """Checks one schema and its examples; returns name, validator and the number of examples."""
    schema = parse(file.read_text(encoding="utf-8"), file)
    try:
        jsonschema.Draft7Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise Violation(f"{file}: not a valid draft-7 schema: {error.message}") from None
    named = re.fullmatch(r"(.+)\.v(\d+)\.schema\.json", file.name)
    if not named:
        raise Violation(f"{file}: the name is not NAME.vN.schema.json")
    name = f"ekya.{named[1]}/{named[2]}"
    if schema.get("title") != name:
        raise Violation(f"{file}: /title: {schema.get('title')!r} found, {name!r} expected")
    if schema.get("properties", {}).get("schema", {}).get("const") != name:
        raise Violation(f"{file}: /properties/schema/const: {name!r} expected")
    validator = jsonschema.Draft7Validator(schema)
    examples = schema.get("examples", [])
    if not examples:
        raise Violation(f"{file}: /examples: at least one is needed")
    for number, example in enumerate(examples):
        check(validator, example, f"{file}: /examples/{number}")
    return name, validator, len(examples)


def records_of(file):
    """Line number and record of each record of a file."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Violation(f"{file}: cannot read: {error}") from None
    if file.suffix == ".json":
        yield 1, parse(text, file)
        return
    for line, content in enumerate(text.split("\n"), start=1):
        if content.strip():
            yield line, parse(content, file, line)


def check_file(file, validators):
    """Returns the number of records of a good file."""
    count = 0
    for line, record in records_of(file):
        place = f"{file}:{line}"
        if not isinstance(record, dict) or not isinstance(record.get("schema"), str):
            raise Violation(f"{place}: /schema: missing; a JSON object that names its schema is expected")
        if record["schema"] not in validators:
            raise Violation(f"{place}: /schema: {record['schema']!r} is not one of {', '.join(sorted(validators))}")
        check(validators[record["schema"]], record, place)
        count += 1
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=pathlib.Path, metavar="FILE", help="records to check, .json or .jsonl")
    files = parser.parse_args().files
    for file in files:
        if file.suffix not in (".json", ".jsonl"):
            parser.error(f"{file}: neither .json nor .jsonl")

    violations, validators, examples, records = [], {}, 0, 0
    for file in sorted(SCHEMAS.glob("*.schema.json")):
        try:
            name, validator, count = load_schema(file)
            validators[name] = validator
            examples += count
        except Violation as violation:
            violations.append(violation)
    if not validators:
        violations.append(Violation(f"{SCHEMAS}: no usable schemas"))
    for file in files:
        try:
            records += check_file(file, validators)
        except Violation as violation:
            violations.append(violation)
    for violation in violations:
        print(f"check_records.py: error: {violation}", file=sys.stderr)
    print(f"{len(validators)} schemas, {examples} examples, {records} records in {len(files)} files: "
          + (f"{len(violations)} with errors" if violations else "all good"))
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
