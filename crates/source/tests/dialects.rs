//! One table, written in many dialects: it is read as it was meant, or a warning or an error says what may be wrong.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, also in its helper functions")]

mod common;

use common::{Wanted, read, table, texts, wanted};
use nlpflow_source::{DialectOptions, Error, Mark, ReadOptions, ReadSummary, Reader, inspect};
use proptest::prelude::*;

/// A text, its label and its number.
type Record = (String, String, f64);

/// How to write a table.
#[derive(Clone, Debug)]
struct Writing {
    delimiter: char,
    /// None: fields are never quoted.
    quote: Option<char>,
    quotes_all: bool,
    /// None: a quote is doubled.
    escape: Option<char>,
    has_header: bool,
    line_end: &'static str,
    decimal: char,
    encoding: Encoding,
}

#[derive(Clone, Copy, Debug)]
enum Encoding {
    Utf8,
    Utf8Mark,
    Utf16Le,
    Utf16Be,
}

const PLAIN: Writing = Writing {
    delimiter: ',',
    quote: Some('"'),
    quotes_all: false,
    escape: None,
    has_header: true,
    line_end: "\n",
    decimal: '.',
    encoding: Encoding::Utf8,
};

impl Writing {
    fn field(&self, field: &str) -> String {
        let special = |sign: char| sign == self.delimiter || matches!(sign, '\n' | '\r');
        match self.quote {
            Some(quote) => {
                if !self.quotes_all
                    && !field.contains(|sign| special(sign) || sign == quote || Some(sign) == self.escape)
                {
                    return field.into();
                }
                let inner = match self.escape {
                    None => field.replace(quote, &format!("{quote}{quote}")),
                    Some(escape) => escaped(field, escape, |sign| sign == quote),
                };
                format!("{quote}{inner}{quote}")
            }
            None => match self.escape {
                Some(escape) => escaped(field, escape, special),
                None => field.replace(special, " "),
            },
        }
    }

    fn line(&self, fields: [&str; 3]) -> String {
        fields.map(|field| self.field(field)).join(&self.delimiter.to_string()) + self.line_end
    }

    fn write(&self, records: &[Record]) -> Vec<u8> {
        let mut lines = if self.has_header { self.line(["label", "text", "price"]) } else { String::new() };
        for (text, label, number) in records {
            let number = number.to_string().replace('.', &self.decimal.to_string());
            lines += &self.line([label, text, &number]);
        }
        let utf16 =
            |mark: bool| -> Vec<u16> { mark.then_some(0xfeff).into_iter().chain(lines.encode_utf16()).collect() };
        match self.encoding {
            Encoding::Utf8 => lines.into_bytes(),
            Encoding::Utf8Mark => [b"\xef\xbb\xbf", lines.as_bytes()].concat(),
            Encoding::Utf16Le => utf16(true).into_iter().flat_map(u16::to_le_bytes).collect(),
            Encoding::Utf16Be => utf16(true).into_iter().flat_map(u16::to_be_bytes).collect(),
        }
    }

    /// The records as they can be read back: without quotes and escapes some signs cannot be written.
    fn kept(&self, records: &[Record]) -> Vec<(String, f64)> {
        let lost = |sign: char| {
            self.quote.is_none() && self.escape.is_none() && (sign == self.delimiter || matches!(sign, '\n' | '\r'))
        };
        records.iter().map(|(text, _, number)| (text.replace(lost, " "), *number)).collect()
    }

    fn name(&self) -> &'static str {
        if self.delimiter == '\t' { "t.tsv" } else { "t.csv" }
    }
}

fn escaped(field: &str, escape: char, needs: impl Fn(char) -> bool) -> String {
    let mut text = String::new();
    for sign in field.chars() {
        if needs(sign) || sign == escape {
            text.push(escape);
        }
        text.push(sign);
    }
    text
}

/// Text and number of each record, and what was said of the reading.
fn reading(options: &ReadOptions) -> Result<(Vec<(String, f64)>, ReadSummary), Error> {
    let columns = Reader::open(options)?.columns().to_vec();
    let name = |index: usize| columns.get(index).cloned().unwrap_or_else(|| "no such column".into());
    let outcome = format!("`{}`", name(2).replace('`', "``"));
    let (rows, summary) = read(options, &Wanted { outcome: Some(&outcome), ..wanted(&name(1)) })?;
    Ok((rows.into_iter().map(|row| (row.text, row.outcome.unwrap())).collect(), summary))
}

const WORDS: [&str; 12] =
    ["good", "bad", "film", "it's", "wasn't", "Straße", "café", "映画", "the", "never", "again", "plot"];

fn records() -> Vec<Record> {
    (0..40_usize)
        .map(|row| {
            let words: Vec<&str> = (0..8).map(|word| WORDS[(row * 7 + word * (row % 5 + 1)) % WORDS.len()]).collect();
            let mut text = words.join(" ");
            match row % 5 {
                1 => text += ", \"really\"; 100 % | sure",
                2 => text += "\nand a second line, too",
                3 => text = format!("\"{text}\", he said"),
                _ => {}
            }
            (text, ["neg", "pos"][row % 2].into(), f64::from(row as u32 * 7 % 50) / 4.0 + 0.25)
        })
        .collect()
}

#[test]
fn twenty_dialects_give_one_table() {
    let many = [
        PLAIN,
        Writing { delimiter: ';', ..PLAIN },
        Writing { delimiter: '\t', ..PLAIN },
        Writing { delimiter: '|', ..PLAIN },
        Writing { delimiter: '^', ..PLAIN },
        Writing { quotes_all: true, ..PLAIN },
        Writing { delimiter: '\t', quotes_all: true, ..PLAIN },
        Writing { escape: Some('\\'), ..PLAIN },
        Writing { escape: Some('\\'), quotes_all: true, ..PLAIN },
        Writing { quote: None, escape: Some('\\'), ..PLAIN },
        Writing { quote: Some('\''), quotes_all: true, delimiter: ';', ..PLAIN },
        Writing { has_header: false, ..PLAIN },
        Writing { has_header: false, delimiter: '\t', ..PLAIN },
        Writing { delimiter: ';', decimal: ',', ..PLAIN },
        Writing { decimal: ',', ..PLAIN },
        Writing { line_end: "\r\n", ..PLAIN },
        Writing { line_end: "\r", ..PLAIN },
        Writing { encoding: Encoding::Utf8Mark, ..PLAIN },
        Writing { encoding: Encoding::Utf16Le, delimiter: '\t', ..PLAIN },
        Writing { encoding: Encoding::Utf16Be, delimiter: ';', line_end: "\r\n", decimal: ',', ..PLAIN },
    ];
    let records = records();
    for writing in many {
        let table = table(writing.name(), &writing.write(&records));
        let (found, summary) = reading(&table.options).unwrap_or_else(|error| panic!("{writing:?}: {error}"));
        assert_eq!(found, writing.kept(&records), "{writing:?} {summary:?}");
        assert_eq!((summary.bad, summary.warnings.len()), (0, 0), "{writing:?} {:?}", summary.warnings);
        let usual = matches!(writing.delimiter, ',' | '\t') && writing.quote == Some('"') && writing.escape.is_none();
        let is_said = !summary.recognised.is_empty();
        assert!(is_said || (usual && writing.has_header && writing.decimal == '.'), "{writing:?} is not said");
    }
}

#[test]
fn what_is_said_counts() {
    let options = |change: &dyn Fn(&mut DialectOptions), bytes: &[u8]| {
        let mut table = table("t.csv", bytes);
        change(&mut table.options.dialect);
        table
    };
    let plain = options(&|dialect| dialect.quote = Mark::None, b"text,y\n\"a,1\nb\",2\n");
    assert_eq!(texts(&plain.options, "text"), ["\"a", "b\""]);
    let named = options(&|dialect| dialect.columns = Some(vec!["label".into(), "text".into()]), b"a,b\nc,d\n");
    assert_eq!(texts(&named.options, "text"), ["b", "d"]);
    let renamed = options(
        &|dialect| (dialect.columns, dialect.header) = (Some(vec!["label".into(), "text".into()]), Some(true)),
        b"a,b\nc,d\n",
    );
    assert_eq!(texts(&renamed.options, "text"), ["d"]);
    let few = options(&|dialect| dialect.columns = Some(vec!["text".into()]), b"a,b\nc,d\n");
    let error = Reader::open(&few.options).err().unwrap();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("INVALID_DIALECT", "--columns names 1 columns, the first record has 2")
    );
    let header = options(&|dialect| dialect.header = Some(false), b"text,y\nc,1\n");
    assert_eq!(texts(&header.options, "column_1"), ["text", "c"]);
}

#[test]
fn contradictions_are_refused() {
    let refused = |change: &dyn Fn(&mut DialectOptions)| {
        let mut table = table("t.csv", b"a,b\n1,2\n");
        change(&mut table.options.dialect);
        Reader::open(&table.options).err().unwrap().code()
    };
    assert_eq!(
        refused(&|dialect| (dialect.quote, dialect.escape) = (Mark::Byte(b'"'), Mark::Byte(b'"'))),
        "INVALID_DIALECT"
    );
    assert_eq!(refused(&|dialect| (dialect.decimal, dialect.thousands) = (Some(b','), Some(','))), "INVALID_DIALECT");
    assert_eq!(refused(&|dialect| dialect.decimal = Some(b';')), "INVALID_DIALECT");
    assert_eq!(refused(&|dialect| dialect.thousands = Some('3')), "INVALID_DIALECT");
    assert_eq!(
        refused(&|dialect| (dialect.delimiter, dialect.quote) = (Some(b'\''), Mark::Byte(b'\''))),
        "INVALID_DELIMITER"
    );
    assert_eq!(refused(&|dialect| dialect.delimiter = Some(b'"')), "INVALID_DELIMITER");
}

/// Lone quotes in a table that has no others: the records between them must not vanish.
#[test]
fn lone_quotes_do_not_swallow_records() {
    let line = |row: usize| {
        let start = if row == 100 || row == 180 { "\"" } else { "" };
        format!("{row}|{start}note {} of the visit, as it was|{}.5\n", row % 9, row % 7)
    };
    let lines: String = (0..400).map(line).collect();
    let table = table("t.csv", format!("id|note|score\n{lines}").as_bytes());
    let (rows, summary) = reading(&table.options).unwrap();
    assert_eq!(rows.len(), 400);
    assert!(summary.recognised[0].contains("quotes as plain characters"), "{:?}", summary.recognised);
}

/// Where quotes are needed elsewhere, what a lone one swallowed is said with line and option.
#[test]
fn what_a_quote_swallowed_is_said() {
    let line = |row: usize| match row {
        30 | 40 => format!("\"in {row} the quote, is never meant as one,{row}.5\n"),
        _ if row.is_multiple_of(3) => format!("\"text {row}, in \"\"quotes\"\"\",{row}.5\n"),
        _ => format!("text {row},{row}.5\n"),
    };
    let lines: String = (0..90).map(line).collect();
    let table = table("t.csv", format!("text,score\n{lines}").as_bytes());
    match read(&table.options, &wanted("text")) {
        Ok((_, summary)) => {
            let warning = summary.warnings.join("\n");
            assert!(
                warning.contains("look like records")
                    && warning.contains("line 32")
                    && warning.contains("--quote none"),
                "{summary:?}"
            );
        }
        Err(error) => assert!(error.to_string().contains("--quote none"), "{error}"),
    }
}

/// The last line of a text in quotes holds the other fields of its own record, as a record of the table would.
#[test]
fn a_text_on_two_lines_before_a_number_is_no_suspect() {
    for between in ["", "and more of it\n", "one, two\nthree, four\n"] {
        let line = |row: usize| format!("\"The first line of {row}\n{between}the second line\",{row}.5\n");
        let lines: String = (0..50).map(line).collect();
        let table = table("t.csv", format!("text,score\n{lines}").as_bytes());
        let (rows, summary) = read(&table.options, &wanted("text")).unwrap();
        assert_eq!((rows.len(), &summary.warnings), (50, &Vec::new()), "{between:?}");
    }
}

/// Among many texts on several lines some have a line that looks like a record by chance; lone quotes swallow more.
#[test]
fn a_line_that_looks_like_a_record_by_chance_is_no_suspect() {
    let prose = |row: usize| {
        let chance = if row == 70 { "version 2, 7" } else { "and more of it" };
        let long = format!("\"The first line of {row}\n{chance}\nthe third line\",{row}.5\n");
        if row % 10 == 5 { format!("a short text,{row}.5\n") } else { long }
    };
    let swallowed = "text 1,1.5\ntext 2,2.5\ntext 3,3.5\n";
    for (swallowing, said) in [(String::new(), 0), (format!("\"a lone quote,1.5\n{swallowed}and its end\",2.5\n"), 1)] {
        let lines: String = (0..100).map(prose).collect();
        let table = table("t.csv", format!("text,score\n{lines}{swallowing}").as_bytes());
        let (_, summary) = read(&table.options, &wanted("text")).unwrap();
        assert_eq!(summary.warnings.len(), said, "{:?}", summary.warnings);
    }
}

#[test]
fn prose_over_several_lines_is_no_suspect() {
    let line = |row: usize| format!("\"First line, with a comma\nsecond line, too\nand more, of it {row}\",{row}\n");
    let lines: String = (0..50).map(line).collect();
    let table = table("t.csv", format!("text,stars\n{lines}").as_bytes());
    let (rows, summary) = read(&table.options, &wanted("text")).unwrap();
    assert_eq!((rows.len(), summary.warnings.len()), (50, 0), "{:?}", summary.warnings);
}

/// In tab-separated values a quote is a plain character, unless the table shows otherwise.
#[test]
fn quotes_in_tab_separated_values() {
    let lines: Vec<String> =
        (0..40).map(|row| format!("{row}\t\"Loved\" it, row {row}\n{row}\t\"All of it\"\n")).collect();
    let lines = lines.concat();
    let plain = table("t.tsv", format!("id\ttext\n{lines}").as_bytes());
    let found = texts(&plain.options, "text");
    assert_eq!((found.len(), found[0].as_str(), found[1].as_str()), (80, "\"Loved\" it, row 0", "\"All of it\""));
    let quoted = table("t.tsv", b"id\ttext\n1\t\"one\ttab\"\n2\t\"two \"\"quotes\"\"\"\n3\tnone\n");
    assert_eq!(texts(&quoted.options, "text"), ["one\ttab", "two \"quotes\"", "none"]);
    let torn = table("t.tsv", b"id\ttext\n1\t\"never closed\n2\tanother\n3\tone\n");
    assert_eq!(texts(&torn.options, "text"), ["\"never closed", "another", "one"]);
}

#[test]
fn a_first_line_of_data_is_no_header_or_said() {
    let spam = "ham\tGo until jurong point, crazy.. Available only in bugis\nham\tOk lar... Joking wif u oni, see you later\nspam\tFree entry in 2 a wkly comp to win\n";
    let headless = table("t.tsv", spam.repeat(5).as_bytes());
    assert_eq!(texts(&headless.options, "column_2").len(), 15);
    let (_, summary) = read(&headless.options, &wanted("column_2")).unwrap();
    assert!(summary.recognised[0].contains("no header line") && summary.recognised[0].contains("--header"));
    let short = table("t.csv", b"fine,3\ngood,5\nbad,1\npoor,2\n");
    let (_, summary) = read(&short.options, &wanted("fine")).unwrap();
    let said = &summary.warnings[0];
    assert!(said.contains("line 1") && said.contains("`3` in column 2") && said.contains("--no-header"), "{said}");
    for header in ["text,score\n", "spam,text\n", ",text,label\n", "2019,2020,2021\n"] {
        let n = header.matches(',').count();
        let lines: Vec<String> = (0..20)
            .map(|row| format!("{}{}\n", ["a text of some words", "another one"][row % 2], format!(",{row}").repeat(n)))
            .collect();
        let lines = lines.concat();
        let table = table("t.csv", (header.to_owned() + &lines).as_bytes());
        assert_eq!(Reader::open(&table.options).unwrap().columns().len(), n + 1);
        let first = header.trim().split(',').next().unwrap();
        assert_eq!(Reader::open(&table.options).unwrap().columns()[0], first, "{header}");
    }
}

#[test]
fn the_first_line_of_excel_names_the_delimiter() {
    for line in ["sep=;", "SEP=;", "\"sep=;\""] {
        let table = table("t.csv", format!("{line}\r\ntext;price\r\n\"a; b\";1,5\r\nc;2,25\r\n").as_bytes());
        let (rows, summary) = read(&table.options, &Wanted { outcome: Some("price"), ..wanted("text") }).unwrap();
        let seen: Vec<_> = rows.iter().map(|row| (row.record, row.text.as_str(), row.outcome.unwrap())).collect();
        assert_eq!(seen, [(0, "a; b", 1.5), (1, "c", 2.25)]);
        assert_eq!(summary.records, 2);
    }
}

#[test]
fn other_formats_are_refused_by_name() {
    let cases: [(&str, &[u8], &str); 12] = [
        ("t.jsonl", b"{\"text\": \"a, b\", \"stars\": 1}\n{\"text\": \"c\", \"stars\": 2}\n", "JSON lines"),
        ("t.json", b"[\n  {\"text\": \"a\"}]", "JSON"),
        ("t.txt", b"__label__food __label__extra good, soup\n__label__film bad\n", "fastText"),
        ("t.csv", b"PAR1\x15\x04\x15", "a Parquet file"),
        ("t.csv", b"PK\x03\x04\x14\x00", "a zip archive or an Excel workbook"),
        ("t.csv", b"ARROW1\0\0", "an Arrow file"),
        ("t.csv", b"SQLite format 3\0", "an SQLite database"),
        ("t.csv", b"<!DOCTYPE html><html>", "an HTML page"),
        ("t.csv", b"<?xml version=\"1.0\"?><a/>", "XML"),
        ("t.csv", b"BZh91AY&SY", "bzip2"),
        ("t.txt", b"1 3:0.5 17:1\n0 2:1\n", "LIBSVM"),
        ("t.csv", b"@relation spam\n@attribute a numeric\n", "ARFF"),
    ];
    for (name, bytes, kind) in cases {
        let table = table(name, bytes);
        for error in [Reader::open(&table.options).err().unwrap(), inspect(&table.options).err().unwrap()] {
            assert_eq!(error.code(), "INPUT_UNREADABLE");
            assert!(error.to_string().contains(kind) && error.to_string().contains("not a text table"), "{error}");
        }
    }
    let braces = table("t.csv", b"{text},y\na,1\n");
    assert_eq!(texts(&braces.options, "{text}"), ["a"]);
}

#[test]
fn missing_values_are_those_of_pandas_or_those_that_are_named() {
    let lines = "text,y\na,1\nb,NaN\nc,N/A\nd,null\ne,\"NA\"\nnull,2\n\"None\",3\n";
    let usual = table("t.csv", lines.as_bytes());
    let (rows, summary) = read(&usual.options, &Wanted { outcome: Some("y"), ..wanted("text") }).unwrap();
    let seen: Vec<_> = rows.iter().map(|row| (row.text.as_str(), row.null)).collect();
    assert_eq!(seen, [("a", false), ("null", false), ("None", false)]);
    assert_eq!((summary.null_outcome, summary.bad), (4, 0));
    let mut own = table("t.csv", b"text,y\na,1\nb,-\nnull,3\nc,\n");
    own.options.dialect.na_values = Some(vec!["-".into()]);
    let (rows, summary) = read(&own.options, &Wanted { outcome: Some("y"), ..wanted("text") }).unwrap();
    assert_eq!(rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>(), ["a", "null"]);
    assert_eq!(summary.null_outcome, 2);
}

#[test]
fn amounts_are_read_on_request() {
    let mut table = table("t.csv", b"text,price\na,\"$1,200.50\"\nb,-$3\nc,4\n");
    let outcomes = |options: &ReadOptions| -> Vec<f64> {
        let (rows, _) = read(options, &Wanted { outcome: Some("price"), ..wanted("text") }).unwrap();
        rows.iter().map(|row| row.outcome.unwrap()).collect()
    };
    let (_, summary) = read(&table.options, &Wanted { outcome: Some("price"), ..wanted("text") }).unwrap();
    assert!(summary.bad_rows[0].reason.contains("--currency"), "{:?}", summary.bad_rows);
    (table.options.dialect.thousands, table.options.dialect.currency) = (Some(','), Some("$".into()));
    assert_eq!(outcomes(&table.options), [1200.5, -3.0, 4.0]);
}

/// Records with what nothing can tell apart in a single field left out: quotes around a whole text that are plain
/// characters, and backslashes that may or may not escape each other.
fn bare(records: &[(String, f64)]) -> Vec<(String, f64)> {
    let inner = |text: &str| -> String {
        let whole = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        whole.replace("\\\\", "\\")
    };
    records.iter().map(|(text, number)| (inner(text), *number)).collect()
}

fn any_writing() -> impl Strategy<Value = Writing> {
    let delimiters = prop::sample::select(vec![',', ';', '\t', '|', '^', '~']);
    let quoting = prop::sample::select(vec![
        (Some('"'), None),
        (Some('"'), None),
        (Some('"'), Some('\\')),
        (Some('\''), None),
        (None, Some('\\')),
        (None, None),
    ]);
    let ends = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    let encodings =
        prop::sample::select(vec![Encoding::Utf8, Encoding::Utf8Mark, Encoding::Utf16Le, Encoding::Utf16Be]);
    (delimiters, quoting, any::<bool>(), any::<bool>(), ends, prop::sample::select(vec!['.', ',']), encodings).prop_map(
        |(delimiter, (quote, escape), quotes_all, has_header, line_end, decimal, encoding)| Writing {
            delimiter,
            quote,
            quotes_all,
            escape,
            has_header,
            line_end,
            // Without quotes and escapes a decimal comma cannot be told from a delimiter.
            decimal: if delimiter == ',' && quote.is_none() && escape.is_none() { '.' } else { decimal },
            encoding,
        },
    )
}

fn any_records() -> impl Strategy<Value = Vec<Record>> {
    let part = prop::sample::select(vec![
        "good",
        "bad",
        "film",
        "it's",
        "'tis",
        "Straße",
        "映画",
        "\"quoted\"",
        "\"",
        "a,b",
        "one; two",
        "x|y",
        "\\",
        "C:\\dir",
        "\t",
        "\nnew line",
        "\r\nline",
        "100",
        "3,5",
        "^",
        "~",
        "''",
        "\\\"",
    ]);
    let text = prop::collection::vec(part, 1..8).prop_map(|parts| parts.join(" "));
    let label = prop::sample::select(vec!["neg", "pos", "neutral"]);
    let number = (-400_i32..4000).prop_map(|quarter| f64::from(quarter) / 4.0);
    prop::collection::vec((text, label.prop_map(String::from), number), 6..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn never_a_wrong_table_without_a_warning(writing in any_writing(), records in any_records()) {
        let table = table(writing.name(), &writing.write(&records));
        if let Ok((found, summary)) = reading(&table.options) {
            let is_said = !summary.warnings.is_empty() || summary.bad > 0;
            let same = bare(&found) == bare(&writing.kept(&records));
            prop_assert!(is_said || same, "{:?}\n{:?}", summary.recognised, found);
        }
    }

    #[test]
    fn what_is_said_in_full_is_read_exactly(writing in any_writing(), records in any_records()) {
        let mut table = table(writing.name(), &writing.write(&records));
        let byte = |sign: char| sign as u8;
        let mark = |sign: Option<char>| sign.map_or(Mark::None, |sign| Mark::Byte(byte(sign)));
        table.options.dialect = DialectOptions {
            delimiter: Some(byte(writing.delimiter)),
            quote: mark(writing.quote),
            escape: mark(writing.escape),
            header: Some(writing.has_header),
            decimal: Some(byte(writing.decimal)),
            ..DialectOptions::default()
        };
        for chunk_bytes in [1, 17, 1 << 20] {
            table.options.chunk_bytes = chunk_bytes;
            let (found, summary) = reading(&table.options).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!((&found, summary.bad), (&writing.kept(&records), 0));
        }
    }
}
