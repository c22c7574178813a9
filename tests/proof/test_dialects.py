"""One table, written by Python's csv, by pandas and as R writes it, is one corpus to the byte."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from conftest import Nlpflow

WORDS = ["good", "bad", "film", "it's", "Straße", "café", "never", "again", "plot", "the"]


def text(row: int) -> str:
    words = " ".join(WORDS[(row * 7 + word * (row % 4 + 1)) % len(WORDS)] for word in range(9))
    return [words, f'{words}, "really"; 100 % | sure', f"{words}\nand a second line, too", f'"{words}", he said'][row % 4]


FRAME = pd.DataFrame(
    {
        "label": [["neg", "pos"][row % 2] for row in range(60)],
        "text": [text(row) for row in range(60)],
        "price": [row % 50 / 4 + 0.25 for row in range(60)],
    }
)


def by_csv(comma: bool = False, header: bool = True, **dialect) -> str:
    out = io.StringIO()
    writer = csv.writer(out, **{"lineterminator": "\n", **dialect})
    if header:
        writer.writerow(FRAME.columns)
    for label, words, price in FRAME.itertuples(index=False):
        number = str(price).replace(".", ",") if comma else price
        writer.writerow([label, words, number])
    return out.getvalue()


def by_r(separator: str, decimal: str, row_names: bool) -> str:
    """As R's write.csv and write.csv2 do: texts in quotes, which are doubled, and numbers bare."""
    quoted = lambda field: '"' + field.replace('"', '""') + '"'  # noqa: E731
    names = [quoted("")] * row_names + [quoted(name) for name in FRAME.columns]
    lines = [separator.join(names)]
    for row, (label, words, price) in enumerate(FRAME.itertuples(index=False)):
        number = f"{price:.15g}".replace(".", decimal)
        lines.append(separator.join([quoted(str(row + 1))] * row_names + [quoted(label), quoted(words), number]))
    return "\n".join(lines) + "\n"


NO_HEADER = ["--text", "column_2", "--outcome", "column_3"]
# Name, file, what was written, and the options that say what cannot be recognised.
DIALECTS = [
    ("csv: excel", "a.csv", by_csv(lineterminator="\r\n"), []),
    ("csv: excel-tab", "a.tsv", by_csv(dialect="excel-tab"), []),
    ("csv: unix", "a.csv", by_csv(dialect="unix"), []),
    ("csv: semicolons and decimal commas", "a.csv", by_csv(delimiter=";", comma=True), []),
    ("csv: pipes", "a.csv", by_csv(delimiter="|"), []),
    ("csv: carets", "a.csv", by_csv(delimiter="^"), []),
    ("csv: escaped quotes", "a.csv", by_csv(doublequote=False, escapechar="\\"), []),
    ("csv: no quotes, all escaped", "a.csv", by_csv(quoting=csv.QUOTE_NONE, escapechar="\\", quotechar=None), []),
    ("csv: single quotes", "a.csv", by_csv(quotechar="'", quoting=csv.QUOTE_ALL), []),
    ("csv: texts in quotes", "a.csv", by_csv(quoting=csv.QUOTE_NONNUMERIC), []),
    ("csv: no header", "a.csv", by_csv(header=False), NO_HEADER),
    ("csv: no header, names given", "a.csv", by_csv(header=False), ["--columns", "label,text,price"]),
    ("csv: carriage returns", "a.csv", by_csv(lineterminator="\r"), []),
    ("csv: sep=;", "a.csv", "sep=;\n" + by_csv(delimiter=";"), []),
    ("csv: a rare delimiter", "a.csv", by_csv(delimiter="!"), ["--delimiter", "!"]),
    ("pandas", "a.csv", FRAME.to_csv(index=False), []),
    ("pandas: with its index", "a.csv", FRAME.to_csv(), []),
    ("pandas: tabs", "a.tsv", FRAME.to_csv(index=False, sep="\t"), []),
    ("pandas: decimal commas", "a.csv", FRAME.to_csv(index=False, sep=";", decimal=","), []),
    ("R: write.csv", "a.csv", by_r(",", ".", True), []),
    ("R: write.csv2", "a.csv", by_r(";", ",", False), []),
    ("windows-1252", "a.csv", by_csv().encode("windows-1252"), ["--encoding", "windows-1252"]),
    ("UTF-16 with a mark", "a.csv", by_csv().encode("utf-16"), []),
    ("UTF-8 with a mark", "a.csv", by_csv().encode("utf-8-sig"), []),
]


def corpus(folder: Path, file: str, content: str | bytes, options: list[str]) -> dict[str, bytes]:
    folder.mkdir()
    (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    named = [] if "--text" in options else ["--text", "text", "--outcome", "price"]
    Nlpflow(folder)("preprocess", file, *named, *options)
    [result] = (folder / ".nlpflow/stages/corpus").iterdir()
    return {name: (result / name).read_bytes() for name in ("tokens.arrow", "terms.arrow", "rows.arrow")}


@pytest.fixture(scope="module")
def usual(tmp_path_factory) -> dict[str, bytes]:
    return corpus(tmp_path_factory.mktemp("usual") / "a", "a.csv", by_csv(), [])


@pytest.mark.parametrize("case", DIALECTS, ids=[name for name, *_ in DIALECTS])
def test_one_table_is_one_corpus(tmp_path: Path, usual, case) -> None:
    _, file, content, options = case
    assert corpus(tmp_path / "other", file, content, options) == usual
