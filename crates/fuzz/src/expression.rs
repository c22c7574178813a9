//! Outcome expressions: what parses prints and parses alike, and has the value that a plain calculator finds.

use nlpflow_source::{Error, Expression, Slot};

use crate::naive::{self, Values};

/// Half of what a thread gets by default: no expression may come near the end of the stack. Functions that count their
/// branches take several times as much.
const STACK: usize = if cfg!(feature = "libfuzzer") { 8 << 20 } else { 1 << 20 };

/// The longest expression that is read.
const LONGEST: usize = 4096;

pub(crate) fn check(input: &[u8]) {
    let source = String::from_utf8_lossy(input).into_owned();
    let work = move || on_thread(&source);
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

fn on_thread(source: &str) {
    let parsed = match Expression::parse(source) {
        Ok(parsed) => parsed,
        Err(error) => {
            let Error::InvalidExpression { position, ref source_line, .. } = error else { panic!("{error}") };
            assert!(position <= source.chars().count(), "{source:?} is wrong at {position}");
            assert!(!source_line.contains(['\n', '\r']) && !error.to_string().is_empty());
            return;
        }
    };
    let columns: Vec<String> = parsed.columns().into_iter().map(Into::into).collect();
    assert!(!columns.is_empty());
    let value = value(&parsed, &columns);
    check_value(source, value, &columns);

    // Printing puts blanks around operators: a long expression may become too long.
    let printed = parsed.to_string();
    if printed.len() <= LONGEST {
        let again =
            Expression::parse(&printed).unwrap_or_else(|error| panic!("{source:?} prints as {printed:?}: {error}"));
        assert_eq!(again, parsed, "{source:?} prints as {printed:?}");
        assert_eq!(again.to_string(), printed);
        check_value(&printed, value, &columns);
    }
}

fn value(parsed: &Expression, columns: &[String]) -> f64 {
    // A table has other columns, too.
    let table: Vec<String> = [String::from(" another")].into_iter().chain(columns.iter().cloned()).collect();
    let bound = parsed.bind(&table).unwrap_or_else(|error| panic!("{error}"));
    let of_slot = |slot: &Slot| match slot {
        Slot::Number { column } => Values::number(&table[*column]),
        Slot::Equals { column, text } => f64::from(u8::from(Values::equals(&table[*column], text))),
    };
    let given: Vec<f64> = bound.slots().iter().map(of_slot).collect();
    for (index, slot) in bound.slots().iter().enumerate() {
        assert!(!bound.slots()[..index].contains(slot), "{slot:?} is asked for twice");
    }
    bound.evaluate(&given, &mut vec![0; bound.n_comparisons()])
}

fn check_value(source: &str, value: f64, columns: &[String]) {
    let naive::Outcome { value: expected, columns: named, ambiguous } = naive::evaluate(source);
    assert_eq!(named, columns, "{source:?}");
    let same = value.to_bits() == expected.to_bits() || (value.is_nan() && expected.is_nan());
    assert!(same || ambiguous, "{source:?} is {value}, not {expected}");
}
