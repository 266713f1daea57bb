"""Writes Parquet files as their users' programs do, beside the same rows as CSV and NDJSON.

usage: parquet_files.py files OUT          small files of every writer, codec, page version and shape
       parquet_files.py estate CORPUS OUT  the tables and trees of a corpus as OUT/{csv,ndjson,parquet}/...

Exit status 77: a module is missing.
"""

import csv
import datetime
import decimal
import json
import pathlib
import random
import re
import sys

try:
    import duckdb
    import polars
    import pyarrow as pa
    import pyarrow.json
    import pyarrow.parquet as pq
    import pyarrow.parquet.encryption as pe
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)

ROWS = 700


def people(rng):
    for i in range(ROWS):
        first, last = rng.choice(["Ana", "Zoë", "John", "李"]), rng.choice(["Müller", "O'Neil", "Smith"])
        yield {
            "id": i + 1,
            "name": f"{first} {last}",
            "email": f"{first[0]}{i}@example.com" if i % 7 else None,
            "ssn": 1_000_000 + i * 7919,
            "zip": rng.choice([2139, 94105, 501]),
            "dob": datetime.date(1930, 1, 1) + datetime.timedelta(days=i * 37),
            "seen": datetime.datetime(2024, 2, 29, 13, 5, i % 60, 250000 * (i % 4)),
            "balance": (decimal.Decimal(i * 25) / 100).quantize(decimal.Decimal("0.01")),
            "score": float(i) if i % 3 else None,
            "note": None if i % 5 else f"line one\nline \"two\", of {i}",
            "country": "US" if i % 2 else "DE",
        }


def text(key, value):
    """A value as a CSV file has it: what the reader is to make of the stored one."""
    if value is None:
        return ""
    if key == "ssn":
        return f"{value:09}"
    if key == "zip":
        return f"{value:05}"
    if isinstance(value, datetime.datetime):
        return value.isoformat().rstrip("0").rstrip(".") if value.microsecond else value.isoformat()
    if isinstance(value, (float, decimal.Decimal)) and value == int(value):
        return str(int(value))
    return str(value)


def nested(rng):
    for i in range(ROWS):
        yield {
            "order": f"A-{i}",
            "buyer": {"name": f"Jane {i}", "email": f"b{i}@example.org", "address": {"city": "Bonn", "zip": "53111"}},
            "items": [{"sku": f"s{i}{k}", "gift_to": None if k else f"g{i}@example.net"} for k in range(i % 4)],
            "phones": [f"+49 228 {i}{k}" for k in range(i % 3)],
            "tags": {"home": f"h{i}@example.com", "work": f"w{i}@example.com"} if i % 2 else None,
        }


def no_nulls(value):
    if isinstance(value, dict):
        return {k: no_nulls(v) for k, v in value.items() if v is not None}
    return [no_nulls(v) for v in value] if isinstance(value, list) else value


NESTED = pa.schema([
    ("order", pa.string()),
    ("buyer", pa.struct([("name", pa.string()), ("email", pa.string()),
                         ("address", pa.struct([("city", pa.string()), ("zip", pa.string())]))])),
    ("items", pa.list_(pa.struct([("sku", pa.string()), ("gift_to", pa.string())]))),
    ("phones", pa.large_list(pa.string())),
    ("tags", pa.map_(pa.string(), pa.string())),
])


class Kms(pe.KmsClient):
    """Wraps keys in nothing: the files are to be unreadable, not secret."""

    def __init__(self, _):
        pe.KmsClient.__init__(self)

    def wrap_key(self, key_bytes, _):
        return key_bytes.hex()

    def unwrap_key(self, wrapped_key, _):
        return bytes.fromhex(wrapped_key)


def encrypted(table, path, plaintext_footer):
    config = pe.EncryptionConfiguration(footer_key="footer", column_keys={"column": ["email", "ssn"]},
                                        plaintext_footer=plaintext_footer, double_wrapping=False)
    properties = pe.CryptoFactory(Kms).file_encryption_properties(pe.KmsConnectionConfig(), config)
    with pq.ParquetWriter(path, table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)


def files(out):
    rng = random.Random(4)
    rows = list(people(rng))
    with open(out / "flat.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(rows[0])
        writer.writerows([text(k, v) for k, v in row.items()] for row in rows)
    table = pa.Table.from_pylist(rows)
    for codec in ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]:
        for page in ["1.0", "2.0"]:
            for dictionary in [True, False]:
                name = f"flat-pyarrow-{codec}-{page}-{'dictionary' if dictionary else 'plain'}.parquet"
                pq.write_table(table, out / name, compression=codec, data_page_version=page, use_dictionary=dictionary,
                               row_group_size=251, data_page_size=2000)
    delta = {"name": "DELTA_BYTE_ARRAY", "email": "DELTA_LENGTH_BYTE_ARRAY", "id": "DELTA_BINARY_PACKED",
             "ssn": "DELTA_BINARY_PACKED", "score": "BYTE_STREAM_SPLIT"}
    pq.write_table(table, out / "flat-pyarrow-delta.parquet", use_dictionary=False, column_encoding=delta)
    pq.write_table(table, out / "flat-pyarrow-int96.parquet", use_deprecated_int96_timestamps=True, version="1.0")
    large = pa.schema([f.with_type(pa.large_string()) if f.type == pa.string() else f for f in table.schema])
    pq.write_table(table.cast(large), out / "flat-pyarrow-large.parquet")
    wide = {"id": pa.float64(), "ssn": pa.decimal128(38, 10)}
    floats = pa.schema([f.with_type(wide.get(f.name, f.type)) for f in table.schema])
    pq.write_table(table.cast(floats), out / "flat-pyarrow-numbers.parquet")
    category = [table[c].dictionary_encode() if c in ("name", "country") else table[c] for c in table.column_names]
    pq.write_table(pa.table(category, names=table.column_names), out / "flat-pyarrow-category.parquet")
    rows_of = table
    for codec in ["uncompressed", "snappy", "gzip", "brotli", "lz4", "zstd"]:
        polars.from_arrow(table).write_parquet(out / f"flat-polars-{codec}.parquet", compression=codec, row_group_size=300)
        if codec != "lz4":
            duckdb.sql("SELECT * FROM rows_of").write_parquet(
                str(out / f"flat-duckdb-{codec}.parquet"), compression=codec, row_group_size=2048)

    trees = list(nested(rng))
    with open(out / "nested.ndjson", "w") as file:
        file.writelines(json.dumps(no_nulls(row), ensure_ascii=False) + "\n" for row in trees)
    tree = pa.Table.from_pylist([{**r, "tags": list(r["tags"].items()) if r["tags"] else None} for r in trees], NESTED)
    for page in ["1.0", "2.0"]:
        pq.write_table(tree, out / f"nested-pyarrow-{page}.parquet", data_page_version=page, row_group_size=251,
                       data_page_size=1500)
    duckdb.sql("SELECT * FROM tree").write_parquet(str(out / "nested-duckdb.parquet"))
    encrypted(table, out / "locked-columns.parquet", True)
    encrypted(table, out / "locked.parquet", False)
    odd = pa.table({
        "uuid": pa.array([bytes(range(16))] * 2, pa.binary(16)),
        "time": pa.array([datetime.time(13, 5), datetime.time(0, 0, 1, 500)], pa.time64("us")),
        "midnight": pa.array([datetime.datetime(1985, 7, 30)] * 2, pa.timestamp("ns")),
        "zoned": pa.array([datetime.datetime(2024, 2, 29, 13, 5)] * 2, pa.timestamp("ms", tz="UTC")),
        "far": pa.array([datetime.date(9999, 12, 31), datetime.date(1, 1, 1)]),
        "half": pa.array([1.5, 2.0], pa.float16()),
        "single": pa.array([0.1, 5.0], pa.float32()),
        "tiny": pa.array([-5, 7], pa.int8()),
        "huge": pa.array([2**64 - 1, 0], pa.uint64()),
        "money": pa.array([decimal.Decimal("-12.50"), decimal.Decimal("3.00")], pa.decimal256(50, 2)),
        "flag": pa.array([True, False]),
        "nothing": pa.nulls(2),
        "latin": pa.array(["Müller".encode("latin-1"), b"plain"], pa.binary()),
        "fixed": pa.array([b"ab\0\0", b"abcd"], pa.binary(4)),
        "picture": pa.array([b"\x89PNG\r\n\x1a\n" + bytes(40), None], pa.binary()),
        "packed": pa.array([b"\0\1\2\3j@example.com\0\xff\xfe\4\5\6\7\1\1", None], pa.binary()),
        "j@example.com": pa.array(["x", None]),
    })
    pq.write_table(odd, out / "odd.parquet")


def kind(name, values):
    """The type a database would give a column of text."""
    given = [v for v in values if v != ""]
    if not given:
        return str
    if all(re.fullmatch(r"[1-9]\d{0,17}|0", v) for v in given):
        return int
    if re.search("ssn", name, re.I) and all(re.fullmatch(r"\d{9}", v) for v in given):
        return int
    if name.lower() in ("zip", "zip_code", "zipcode") and all(re.fullmatch(r"\d{5}", v) for v in given):
        return int
    if all(re.fullmatch(r"(19|20)\d\d-\d\d-\d\d", v) for v in given):
        return datetime.date.fromisoformat
    return str


def estate(corpus, out):
    count = 0
    for path in sorted(corpus.rglob("*")):
        place = path.relative_to(corpus).with_suffix("")
        if path.suffix == ".csv":
            with open(path, newline="", encoding="utf-8", errors="strict") as file:
                try:
                    rows = list(csv.reader(file))
                except UnicodeDecodeError:
                    continue
            header, rows = rows[0], rows[1:]
            if len(header) < 3 or any(len(row) != len(header) for row in rows) or len(set(header)) < len(header):
                continue
            if any(re.search(r"[@\d]{3}", name) for name in header):
                continue  # no header
            columns = {}
            for i, name in enumerate(header):
                of = kind(name, [row[i] for row in rows])
                columns[name] = [of(row[i]) if row[i] != "" else None for row in rows]
            table = pa.table(columns)
            (out / "csv" / place).parent.mkdir(parents=True, exist_ok=True)
            with open((out / "csv" / place).with_suffix(".csv"), "w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(header)
                writer.writerows(rows)
            lines = [json.dumps({k: v for k, v in zip(header, row) if v != ""}, ensure_ascii=False) for row in rows]
        elif path.suffix in (".ndjson", ".jsonl"):
            lines = path.read_text().splitlines()
            table = pa.json.read_json(path, parse_options=pa.json.ParseOptions(newlines_in_values=False),
                                      read_options=pa.json.ReadOptions(block_size=1 << 30))
            # A tree has no form as a table.
            (out / "csv" / place).parent.mkdir(parents=True, exist_ok=True)
            (out / "csv" / place).with_suffix(".ndjson").write_text("".join(line + "\n" for line in lines))
        else:
            continue
        for form in ["ndjson", "parquet"]:
            (out / form / place).parent.mkdir(parents=True, exist_ok=True)
        (out / "ndjson" / place).with_suffix(".ndjson").write_text("".join(line + "\n" for line in lines))
        pq.write_table(table, (out / "parquet" / place).with_suffix(".parquet"), row_group_size=5000)
        count += 1
    print(count)


if sys.argv[1] == "files":
    files(pathlib.Path(sys.argv[2]))
else:
    estate(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
