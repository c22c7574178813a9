//! One rule of what a field says, in every place that reads one.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, also in its helper functions")]

mod common;

use common::{read, table, wanted};
use nlpflow_source::{Expression, NullPolicy, Reader, Set, inspect};
use proptest::prelude::*;

/// The outcomes of a table, none for a row that has none.
fn outcomes(lines: &str, outcome: &str) -> Vec<f64> {
    let table = table("t.csv", lines.as_bytes());
    let mut wanted = wanted("text");
    wanted.outcome = Some(outcome);
    read(&table.options, &wanted).unwrap().0.into_iter().map(|row| row.outcome.unwrap()).collect()
}

#[test]
fn white_space_around_a_label_is_no_part_of_it() {
    let lines = "text, label\na, spam\nb,spam \nc,\" spam\"\nd,\u{a0}spam\u{3000}\ne,\tham\nf,\u{feff}spam\n";
    let expected = [1.0, 1.0, 1.0, 1.0, 0.0, 1.0];
    assert_eq!(outcomes(lines, "label == \"spam\""), expected);
    assert_eq!(outcomes(lines, "label == \" spam \""), expected);
    assert_eq!(outcomes(lines, "` label` == 'spam'"), expected);
    assert_eq!(outcomes(lines, "label != 'spam'"), expected.map(|is_spam| 1.0 - is_spam));
    assert_eq!(outcomes("text,label\na,two words\nb,twowords\n", "label == 'two words'"), [1.0, 0.0]);
}

#[test]
fn white_space_around_numbers_sets_and_names_is_no_part_of_them() {
    let table =
        table("t.csv", "\u{a0}text ,\u{2003}y, set\na,\u{a0}1\u{202f}, train\nb,\"\t2 \",\u{a0}test\n".as_bytes());
    let mut wanted = wanted(" text");
    (wanted.outcome, wanted.set) = (Some("y"), Some("set "));
    let (rows, summary) = read(&table.options, &wanted).unwrap();
    assert_eq!(summary.bad, 0, "{:?}", summary.bad_rows);
    let seen: Vec<_> = rows.iter().map(|row| (row.outcome.unwrap(), row.set.unwrap())).collect();
    assert_eq!(seen, [(1.0, Set::Train), (2.0, Set::Test)]);
    assert_eq!(inspect(&table.options).unwrap().columns[1].max, Some(2.0));
}

#[test]
fn a_text_keeps_its_white_space() {
    let table = table("t.csv", b"text,y\n  two  words ,1\n");
    assert_eq!(read(&table.options, &wanted("text")).unwrap().0[0].text, "  two  words ");
}

/// The table of fault A18.
const COUNTRIES: &str =
    "text,country\na,\"NA\"\nb,\"DE\"\nc,NA\nd,\" NA\"\ne, NA \nf,\nNA,\"FR\"\n\"NA\",FR\n NA ,FR\n";

#[test]
fn na_is_missing_outside_quotes_and_a_text_inside_them() {
    // Rows c, e (NA outside quotes) and f (empty) have no country; those of the text column have an empty or a real text.
    assert_eq!(outcomes(COUNTRIES, "country == \"NA\""), [1.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    assert_eq!(outcomes(COUNTRIES, "country != \"DE\""), [1.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    let table = table("t.csv", COUNTRIES.as_bytes());
    let mut wanted = wanted("text");
    wanted.outcome = Some("country == 'NA'");
    let (rows, summary) = read(&table.options, &wanted).unwrap();
    assert_eq!((summary.null_outcome, summary.bad), (3, 0));
    let texts: Vec<_> = rows[3..].iter().map(|row| (row.text.as_str(), row.null)).collect();
    assert_eq!(texts, [("", true), ("NA", false), ("", true)]);
    wanted.na = NullPolicy::Drop;
    assert_eq!(read(&table.options, &wanted).unwrap().1.null_text, 2);
    let columns = inspect(&table.options).unwrap().columns;
    assert_eq!((columns[0].nulls, columns[1].nulls), (2, 3));
    assert_eq!(columns[1].distinct, 3, "NA, DE and FR");
}

#[test]
fn a_number_may_be_missing_in_quotes() {
    let table = table("t.csv", b"text,y\na,\"NA\"\nb,\"\"\nc,NA\nd,1\n");
    let mut wanted = wanted("text");
    wanted.outcome = Some("y");
    let (rows, summary) = read(&table.options, &wanted).unwrap();
    assert_eq!((rows.len(), summary.null_outcome, summary.bad), (1, 3, 0));
}

#[test]
fn numbers_that_are_written_for_people_are_bad_rows() {
    let lines = "text,y\na,\"1,234\"\nb,1 234\nc,0x10\nd,1e999\ne,-inf\nf,NaN\ng,\u{ff11}\nh,1_000\ni,+5.\nj,1e3\n";
    let table = table("t.csv", lines.as_bytes());
    let mut wanted = wanted("text");
    wanted.outcome = Some("y");
    let (rows, summary) = read(&table.options, &wanted).unwrap();
    assert_eq!(rows.iter().map(|row| row.outcome.unwrap()).collect::<Vec<_>>(), [5.0, 1000.0]);
    let reasons: Vec<_> = summary.bad_rows.iter().map(|bad| bad.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "`1,234` is not a number; read it with --decimal , where the comma stands before decimals, or --thousands , where it groups thousands",
            "`1 234` is not a number; read grouped thousands with --thousands ' '",
            "`0x10` is not a number",
            "`1e999` is too large for a number",
            "`-inf` is not finite",
            "`\u{ff11}` is not a number",
            "`1_000` is not a number",
        ]
    );
}

#[test]
fn the_header_in_the_middle_is_no_row() {
    let joined = "\u{feff}text,label\na,spam\nb,ham\n\u{feff}text,label\nc,spam\n";
    let table = table("t.csv", joined.as_bytes());
    let mut wanted = wanted("text");
    wanted.outcome = Some("label == 'spam'");
    let (rows, summary) = read(&table.options, &wanted).unwrap();
    assert_eq!(rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!((summary.bad, summary.bad_rows[0].line), (1, 4));
    assert_eq!(inspect(&table.options).unwrap().bad, 1);
    let single = common::table("t.csv", b"text\na\ntext\n");
    assert_eq!(common::texts(&single.options, "text"), ["a", "text"]);
}

#[test]
fn columns_that_differ_in_spaces_only_are_duplicates_and_an_empty_name_means_none() {
    let table = table("t.csv", "a,a ,\u{a0}a,,b\n1,2,3,4,5\n".as_bytes());
    let reader = Reader::open(&table.options).unwrap();
    assert_eq!(
        reader.column("a").unwrap_err().to_string(),
        "3 columns are named `a`: rename them in the header, so that one is meant"
    );
    assert_eq!(reader.column("").unwrap_err().code(), "UNKNOWN_COLUMN");
    assert_eq!(reader.column(" ").unwrap_err().code(), "UNKNOWN_COLUMN");
    assert_eq!(reader.column(" b\u{a0}").unwrap(), 4);
}

#[test]
fn long_names_are_cut_in_messages() {
    let text = "a text that became a name ".repeat(120);
    let reader = Reader::open(&table("t.csv", format!("{text},y\nfirst,1\n").as_bytes()).options).unwrap();
    let message = reader.column(&text.replace('t', "T")).unwrap_err().to_string();
    assert!(message.len() < 400 && message.contains("`a text that became a name"), "{message}");
}

#[test]
fn an_empty_text_is_nothing_to_compare_with() {
    for source in ["label == \"\"", "label != ' '", "'' == label"] {
        let error = Expression::parse(source).unwrap_err();
        assert!(error.to_string().contains("an empty field is a missing value"), "{error}");
    }
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof!["[ab ]{1,4}", "[\u{a0}\u{3000}\tA]{1,3}", "NA| NA|na|N\u{a0}A", "\\PC{1,4}", "b{90}c?"]
}

proptest! {
    /// What `inspect` counts and shows as a category, an expression finds: in as many rows.
    #[test]
    fn a_category_that_is_shown_is_one_that_matches(
        labels in prop::collection::vec(label(), 1..6),
        quoted in prop::collection::vec(any::<bool>(), 6),
    ) {
        let field = |index: usize| {
            let label = &labels[index];
            let must = label.contains([',', '"', '\n', '\r']);
            if must || quoted[index] { format!("\"{}\"", label.replace('"', "\"\"")) } else { label.clone() }
        };
        let line = |row: usize| format!("some text number {row},{}\n", field(row % labels.len()));
        let lines = "text,label\n".to_owned() + &(0..40).map(line).collect::<String>();
        let table = table("t.csv", lines.as_bytes());
        let column = inspect(&table.options).unwrap().columns.remove(1);
        prop_assume!(column.kind == nlpflow_source::ColumnKind::Category);
        let Some(value) = column.values.into_iter().next().map(|count| count.value) else { return Ok(()) };
        let outcome = format!("label == \"{}\"", value.replace('"', "\"\""));
        let mut wanted = wanted("text");
        wanted.outcome = Some(&outcome);
        let (rows, summary) = read(&table.options, &wanted).unwrap();
        prop_assert_eq!(summary.null_outcome, column.nulls);
        let same = |row: usize| labels[row % labels.len()].trim() == value;
        let expected: Vec<f64> = rows.iter().map(|row| f64::from(u8::from(same(row.record as usize)))).collect();
        prop_assert!(expected.contains(&1.0), "{outcome}");
        prop_assert_eq!(rows.iter().map(|row| row.outcome.unwrap()).collect::<Vec<_>>(), expected);
    }
}
