//! An outcome that says nothing is an error that shows what the table holds instead.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, also in its helper functions")]

mod common;

use common::{Wanted, table, wanted};
use nlpflow_source::{Error, Expression, NullPolicy, Reader, Selection, check_outcome, constant_outcome};

fn check_as(lines: &str, wanted: &Wanted) -> Result<Vec<String>, Error> {
    let table = table("t.csv", lines.as_bytes());
    let reader = Reader::open(&table.options)?;
    let outcome = reader.bind(&Expression::parse(wanted.outcome.unwrap())?)?;
    let selection = Selection {
        text: reader.column(wanted.text)?,
        outcome: Some(outcome.clone()),
        set: None,
        na: wanted.na,
        empty: wanted.empty,
        bad_rows: wanted.bad_rows,
    };
    let summary = reader.documents(&selection, |_| (), |_, ()| Ok::<_, Error>(()), |_, _| Ok(()))?;
    check_outcome(&table.options, &outcome, &summary.outcome.unwrap())
}

fn check(lines: &str, outcome: &str) -> Result<Vec<String>, Error> {
    check_as(lines, &Wanted { outcome: Some(outcome), ..wanted("text") })
}

/// The code and the message of the error that an outcome must be.
fn refused(lines: &str, outcome: &str) -> (&'static str, String) {
    let error = check(lines, outcome).unwrap_err();
    (error.code(), error.to_string())
}

fn labels(labels: &[&str]) -> String {
    let lines: Vec<String> = labels.iter().map(|label| format!("text,{label},1\n")).collect();
    format!("text,label,y\n{}", lines.concat())
}

#[test]
fn a_label_that_no_row_has_shows_the_nearest_and_what_to_write() {
    let lines = labels(&["Spam", "Spam", "SPAM", "ham", "ham"]);
    assert_eq!(
        refused(&lines, "label == 'spam'"),
        (
            "CONSTANT_OUTCOME",
            "the outcome label == \"spam\" is 0 in all 5 rows that can be used, so there is nothing to learn: no row has \
             \"spam\" in column `label`; the nearest are \"Spam\" (2 rows, in other case), \"SPAM\" (1 row, in other \
             case): write label == \"Spam\""
                .into()
        )
    );
    let (code, message) = refused(&lines, "label != 'hma'");
    assert_eq!(code, "CONSTANT_OUTCOME");
    assert!(message.contains("is 1 in all 5 rows") && message.contains("no row has \"hma\""), "{message}");
}

#[test]
fn a_label_that_nothing_is_near_to_shows_the_most_frequent() {
    let (_, message) = refused(&labels(&["b", "c", "c", "d", "e", "f", "g"]), "label == 'yes'");
    let expected = "it holds \"c\" (2 rows), \"b\" (1 row), \"d\" (1 row), \"e\" (1 row), \"f\" (1 row) and 1 more";
    assert!(message.ends_with(expected), "{message}");
}

#[test]
fn a_label_that_cannot_be_seen_is_shown_by_its_escapes() {
    let (_, message) = refused(&labels(&["sp\u{200b}am", "ham"]), "label == 'spam'");
    assert!(message.contains("\"sp\\u{200b}am\" (1 row, with other spaces): correct the column"), "{message}");
}

#[test]
fn the_only_label_is_named() {
    let (code, message) = refused(&labels(&["spam", "spam"]), "label == 'spam'");
    assert_eq!(code, "CONSTANT_OUTCOME");
    assert!(
        message.ends_with(
            "is 1 in all 2 rows that can be used, so there is nothing to learn: all have \"spam\" in column `label`"
        ),
        "{message}"
    );
}

#[test]
fn na_outside_quotes_is_named_where_it_was_asked_for() {
    let (_, message) = refused(&labels(&["NA", "DE", "FR"]), "label == 'NA'");
    assert!(
        message.contains("no row has \"NA\" in column `label` (NA without quotes, a missing value, is in 1 row)"),
        "{message}"
    );
}

#[test]
fn a_label_whose_rows_are_all_left_out_is_not_called_absent() {
    let lines = "text,label\nNA,spam\nb,ham\nc,ham\n";
    let error = check_as(lines, &Wanted { outcome: Some("label == 'spam'"), na: NullPolicy::Drop, ..wanted("text") });
    let message = error.unwrap_err().to_string();
    assert!(message.contains("column `label` is \"spam\" in 1 row, but none of them can be used"), "{message}");
}

#[test]
fn a_constant_shows_the_range_of_its_columns() {
    let lines = "text,y,z\na,1,3\nb,5,3\n";
    let (code, message) = refused(lines, "y > 5");
    assert_eq!(code, "CONSTANT_OUTCOME");
    assert!(
        message.ends_with("is 0 in all 2 rows that can be used, so there is nothing to learn: `y` is from 1 to 5"),
        "{message}"
    );
    assert!(refused(lines, "clip(y, 0, 1)").1.contains("is 1 in all 2 rows"));
    assert!(refused(lines, "z").1.ends_with(
        "the outcome z is 3 in all 2 rows that can be used, so there is nothing to learn; choose another with --outcome"
    ));
    assert!(refused("text,y\na,1600000000000000001\nb,1600000000000000002\n", "y").1.contains("1.6e18 in all 2 rows"));
    let (_, message) = refused("text,y\na,1600000001\nb,1600000002\n", "y");
    assert!(message.contains("from 1.600000001e9 to 1.600000002e9, which training cannot tell apart"), "{message}");
}

#[test]
fn equality_that_no_row_passes_is_found_inside_a_larger_expression() {
    let lines = "text,label,y\na,spam,1\nb,ham,2\nc,ham,4\n";
    let (code, message) = refused(lines, "y + 10 * (label == 'Spam')");
    assert_eq!(code, "VALUE_NOT_FOUND");
    assert_eq!(
        message,
        "in the outcome y + 10 * (label == \"Spam\"), label == \"Spam\" holds in no row: no row has \"Spam\" in column \
         `label`; the nearest are \"spam\" (1 row, in other case): write label == \"spam\""
    );
    let (code, message) = refused(lines, "y - (y == 3)");
    assert_eq!(code, "VALUE_NOT_FOUND");
    assert!(
        message.ends_with("no row has 3 in column `y`; the nearest are 2 (1 row), 4 (1 row), 1 (1 row)"),
        "{message}"
    );
    assert!(refused(lines, "y + (-7 == y)").1.contains("no row has -7 in column `y`; the nearest are 1 (1 row), 2"));
    let (code, message) = refused(lines, "y + (y * 2 == 5)");
    assert_eq!(code, "VALUE_NOT_FOUND");
    assert!(message.ends_with("y * 2 == 5 holds in no row: `y` is from 1 to 4"), "{message}");
}

#[test]
fn what_may_well_be_meant_passes() {
    let lines = "text,label,y\na,spam,1\nb,ham,2\nc,ham,4\n";
    for outcome in [
        "y",
        "label == 'spam'",
        "y / max(y, 1) * y",
        "(y > 0) * log(y)",
        "(y != 0) * y",
        "y + (label == 'ham') + (label == 'spam')",
    ] {
        assert_eq!(check(lines, outcome).unwrap(), Vec::<String>::new(), "{outcome}");
    }
    let warnings = check(lines, "y * (label != 'egg')").unwrap();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("no row has \"egg\" in column `label`"), "{warnings:?}");
}

#[test]
fn one_row_is_no_constant() {
    assert!(check("text,y\na,1\n", "y").is_ok());
    assert_eq!(constant_outcome([1.0].into_iter()), None);
    assert_eq!(constant_outcome([1.0, 2.0].into_iter()), None);
    assert_eq!(constant_outcome([2.0, 2.0].into_iter()), Some("2 in all 2 rows".into()));
}
