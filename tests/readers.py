"""Reads an inventory as a data engineer would: deltalake, DuckDB, Polars.

usage: readers.py INVENTORY EXPECTED.json

Exit status 0: everything read equals the expected answers. 77: a module is missing. Anything else: it does not.
"""

import datetime
import json
import sys

try:
    import duckdb
    import polars
    import pyarrow
    import pyarrow.compute
    from deltalake import DeltaTable
except ImportError as error:
    print(f"the Python module {error.name} is missing", file=sys.stderr)
    sys.exit(77)

TABLES = ["objects", "fields", "mentions", "orphans", "identifiers", "consumers", "memberships", "links", "runs"]
# DuckDB and Python know dates up to the year 9999; the two rows at the ends of 32 bits are compared as numbers.
EPOCH = datetime.date(1970, 1, 1)


def files(table):
    return sorted(table.file_uris())


def check(what, got, expected):
    assert got == expected, f"{what}: got {got!r}, expected {expected!r}"


def mention(row):
    """A row of mentions as Arrow gives it, in the form of the answers."""
    return {
        "object": row["object"],
        "number": row["number"],
        "segment": row["segment"],
        "role": row["role"],
        "tokens": [[t["token"].hex(), t["kind"], t["class"], t["namespace"]] for t in row["tokens"]],
        "last": row["name"] and row["name"]["last"],
        "elements": [[e["element"], e["form"]] for e in row["elements"]],
        "records": row["records"],
        "rows": [[r["first"], r["last"]] for r in row["rows"]],
        "event_day": row["event_day"],
        "path": row["path"],
        "basis": row["residence"] and row["residence"]["basis"],
    }


def main(root, expected):
    for state in ("first", "last"):
        for name in TABLES:
            version, rows = expected[state]["versions"][name], expected[state]["rows"][name]
            table = DeltaTable(f"{root}/{name}", version=version)
            check(f"{state} {name} by deltalake", table.to_pyarrow_dataset().count_rows(), rows)
            check(f"{state} {name} by its log", sum(add["num_records"] for add in adds(table)), rows)
            check(f"{state} {name} by polars", polars.read_delta(f"{root}/{name}", version=version).height, rows)
            if files(table):
                count = duckdb.execute("SELECT count(*) FROM read_parquet(?)", [files(table)]).fetchone()[0]
                check(f"{state} {name} by DuckDB from files", count, rows)

    # The newest version of every table is the committed state, though an interrupted run lies in between.
    newest = {name: DeltaTable(f"{root}/{name}") for name in TABLES}
    for name in TABLES:
        check(f"newest {name}", newest[name].to_pyarrow_dataset().count_rows(), expected["last"]["rows"][name])
        check(f"protocol of {name}", newest[name].protocol().min_reader_version, 1)
        check(f"protocol of {name}", newest[name].protocol().min_writer_version, 2)

    # Values, by Arrow. Liveness is a join with `objects`.
    objects = newest["objects"].to_pyarrow_table()
    live = {o["object"] for o in objects.to_pylist() if o["valid_to"] is None}
    check("live uris", sorted(o["uri"] for o in objects.to_pylist() if o["object"] in live), sorted(expected["live_uris"]))
    modified = objects.column("modified")
    check("type of modified", (modified.type.unit, modified.type.tz), ("us", "UTC"))
    micros = pyarrow.compute.cast(modified, pyarrow.int64()).to_pylist()
    check("modified", sorted(zip(objects.column("object").to_pylist(), micros)), sorted(map(tuple, expected["modified"])))
    table = newest["mentions"].to_pyarrow_table()
    day = table.schema.get_field_index("event_day")
    table = table.set_column(day, "event_day", pyarrow.compute.cast(table.column("event_day"), pyarrow.int32()))
    mentions = [mention(row) for row in table.to_pylist() if row["object"] in live]
    key = lambda row: (row["object"], row["number"])
    check("mentions", sorted(mentions, key=key), sorted(expected["mentions"], key=key))

    # Questions, by DuckDB through Arrow and by DuckDB from the files, and the same by Polars.
    question = """
        SELECT role, count(*) AS mentions, sum(len(tokens)) AS tokens
        FROM mentions JOIN objects USING (object)
        WHERE valid_to IS NULL AND list_contains(list_transform(elements, lambda e: e.element), 'SSN')
        GROUP BY role ORDER BY role
    """
    answer = {}
    for row in expected["mentions"]:
        if "SSN" in [element for element, _ in row["elements"]]:
            entry = answer.setdefault(row["role"], [row["role"], 0, 0])
            entry[1] += 1
            entry[2] += len(row["tokens"])
    answer = sorted(map(tuple, answer.values()))
    assert answer, "the question has an answer"
    connection = duckdb.connect()
    connection.register("objects", newest["objects"].to_pyarrow_dataset())
    connection.register("mentions", newest["mentions"].to_pyarrow_dataset())
    check("DuckDB through Arrow", connection.execute(question).fetchall(), answer)
    connection = duckdb.connect()
    for name in ("objects", "mentions"):
        connection.read_parquet(files(newest[name])).create_view(name)
    check("DuckDB from files", connection.execute(question).fetchall(), answer)
    result = (
        polars.scan_delta(f"{root}/mentions")
        .join(polars.scan_delta(f"{root}/objects").filter(polars.col("valid_to").is_null()), on="object")
        .filter(polars.col("elements").list.eval(polars.element().struct.field("element") == "SSN").list.any())
        .group_by("role")
        .agg(polars.len().alias("mentions"), polars.col("tokens").list.len().sum().alias("tokens"))
        .sort("role")
        .collect()
    )
    check("Polars", [tuple(map(lambda v: v, row)) for row in result.rows()], answer)

    # One person by token, as bytes.
    token = next(token for row in expected["mentions"] for token, *_ in row["tokens"])
    found = connection.execute(
        "SELECT count(*) FROM (SELECT unnest(tokens) AS t FROM mentions JOIN objects USING (object) "
        "WHERE valid_to IS NULL) WHERE t.token = unhex(?)",
        [token],
    ).fetchone()[0]
    check("a token", found, sum(t == token for row in expected["mentions"] for t, *_ in row["tokens"]))


def adds(table):
    return pyarrow.table(table.get_add_actions(flatten=True)).to_pylist()


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as answers:
        main(sys.argv[1], json.load(answers))
