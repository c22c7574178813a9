//! Outcome expressions: grammar, values, messages.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, also in its helper functions")]

use nlpflow_source::{Error, Expression, Slot};
use proptest::prelude::*;

fn evaluate(source: &str, values: &[(&str, f64)]) -> f64 {
    let columns: Vec<String> = values.iter().map(|(name, _)| (*name).to_owned()).collect();
    let bound = Expression::parse(source).unwrap().bind(&columns).unwrap();
    let given: Vec<f64> = bound.slots().iter().map(|slot| values[slot.column()].1).collect();
    bound.evaluate(&given, &mut vec![0; bound.n_comparisons()])
}

type Spelled = (String, f64);

/// An expression in one of many spellings, with the value that Rust's own operators give it (x is 3, `a b` is 0.5).
fn spelled() -> impl Strategy<Value = Spelled> {
    let leaf = prop_oneof![
        Just(("x".to_owned(), 3.0_f64)),
        Just(("`a b`".to_owned(), 0.5)),
        (0_u32..100, 0_u32..100).prop_map(|(whole, part)| {
            let text = format!("{whole}.{part}");
            let value = text.parse().unwrap();
            (text, value)
        }),
        Just(("1e-2".to_owned(), 0.01)),
        Just((".25".to_owned(), 0.25)),
    ];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        let truth = |holds: bool| f64::from(u8::from(holds));
        prop_oneof![
            (two.clone(), 0_usize..4).prop_map(|(((a, x), (b, y)), operator)| {
                let value = [x + y, x - y, x * y, x / y][operator];
                (format!("({a}) {} ({b})", ["+", "-", "*", "/"][operator]), value)
            }),
            (two.clone(), 0_usize..6).prop_map(move |(((a, x), (b, y)), operator): ((Spelled, Spelled), usize)| {
                #[allow(clippy::float_cmp, reason = "the comparison under test")]
                let holds = [x < y, x <= y, x > y, x >= y, x == y, x != y][operator];
                let value = if x.is_nan() || y.is_nan() { f64::NAN } else { truth(holds) };
                (format!("({a}) {} ({b})", ["<", "<=", ">", ">=", "==", "!="][operator]), value)
            }),
            (inner.clone(), 0_usize..5).prop_map(|((a, x), function): (Spelled, usize)| {
                let value = [x.ln_1p(), x.ln(), x.exp(), x.sqrt(), x.abs()][function];
                (format!("{} ( {a} )", ["log1p", "log", "exp", "sqrt", "abs"][function]), value)
            }),
            inner.prop_map(|(a, x)| (format!("-({a})"), -x)),
        ]
    })
    .prop_filter("names a column", |(text, _)| text.contains('x') || text.contains('`'))
}

proptest! {
    #[test]
    fn values_are_those_of_rust_and_printing_keeps_the_tree((source, value) in spelled()) {
        prop_assume!(source.len() < 4000 && Expression::parse(&source).is_ok()); // `exp` alone holds an x but no column
        let found = evaluate(&source, &[("x", 3.0), ("a b", 0.5)]);
        let same = found.to_bits() == value.to_bits() || (found.is_nan() && value.is_nan());
        prop_assert!(same, "{source}: {found} {value}");
        let parsed = Expression::parse(&source).unwrap();
        let printed = parsed.to_string();
        prop_assert_eq!(&parsed, &Expression::parse(&printed).unwrap(), "{}", printed);
        prop_assert!(printed.len() <= source.len() + source.matches(char::is_whitespace).count() + 40);
    }

    #[test]
    fn no_input_panics_and_what_parses_prints_and_parses_alike(
        source in "[xé`\"'().,+*/<>=! 0-9e−-]{0,24}|\\PC{0,12}",
    ) {
        match Expression::parse(&source) {
            Ok(parsed) => prop_assert_eq!(&parsed, &Expression::parse(&parsed.to_string()).unwrap()),
            Err(Error::InvalidExpression { position, .. }) => prop_assert!(position <= source.chars().count()),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn any_column_name_and_any_text_can_be_written(name in "\\PC{1,10}", text in "\\PC{0,10}") {
        prop_assume!(!name.trim().is_empty() && !text.trim().is_empty());
        let source = format!("`{}` == \"{}\"", name.replace('`', "``"), text.replace('"', "\"\""));
        let parsed = Expression::parse(&source).unwrap();
        // Blanks around a name are no part of it, as in the header.
        prop_assert_eq!(parsed.columns(), [name.trim()]);
        prop_assert_eq!(&parsed, &Expression::parse(&parsed.to_string()).unwrap());
        let bound = parsed.bind(&[name.trim().to_owned()]).unwrap();
        prop_assert_eq!(bound.slots(), [Slot::Equals { column: 0, text: text.trim().to_owned() }]);
    }
}

#[test]
fn operators_bind_and_group_as_in_arithmetic() {
    let x = &[("x", 2.0), ("y", 3.0)];
    for (source, value) in [
        ("x + y * 2", 8.0),
        ("(x + y) * 2", 10.0),
        ("10 - x - y", 5.0),
        ("12 / x / y", 2.0),
        ("-x * -y", 6.0),
        ("--x", 2.0),
        ("x + 1 < y * 2", 1.0),
        ("1 - (x > y)", 1.0),
        ("clip(x * 10, y - 3, y)", 3.0),
        ("clip(-x, 0, 1)", 0.0),
        ("max(x, y) - min(x, y)", 1.0),
        ("log1p(x - 2)", 0.0),
    ] {
        assert_eq!(evaluate(source, x).to_bits(), f64::to_bits(value), "{source}");
    }
    assert_eq!(Expression::parse("((x) + (y * 2)) - (1 + y)").unwrap().to_string(), "x + y * 2 - (1 + y)");
    assert_eq!(Expression::parse("'a\"b' != `my label`").unwrap().to_string(), "`my label` != \"a\"\"b\"");
    assert_eq!(Expression::parse("x + 1e300 * 1e-300 + 100000").unwrap().to_string(), "x + 1e300 * 1e-300 + 100000");
    assert_eq!(Expression::parse("b + a.1 + b + läng_2").unwrap().columns(), ["b", "a.1", "läng_2"]);
}

#[test]
fn an_undefined_value_never_hides() {
    for source in ["log(x) > 0", "max(log(x), 0)", "min(0, log(x))", "clip(log(x), 0, 1)", "log(x) != 1"] {
        assert!(evaluate(source, &[("x", -1.0)]).is_nan(), "{source}");
    }
}

#[test]
fn a_column_may_be_called_like_a_function() {
    assert_eq!(evaluate("log(log + 1) + exp", &[("log", 0.0), ("exp", 2.0)]).to_bits(), 2.0_f64.to_bits());
}

#[test]
fn messages_show_the_place() {
    let message = |source: &str| Expression::parse(source).unwrap_err().to_string();
    assert_eq!(
        message("up + * down"),
        "the outcome expression is not valid: expected a number, a column or `(`\n  up + * down\n       ^"
    );
    for (source, part, position) in [
        ("", "expected a number, a column or `(`", 0),
        ("a b", "expected an operator or the end", 2),
        ("a = 1", "compare with `==`", 2),
        ("a ^ 2", "no power operator", 2),
        ("a − b", "use `-`", 2),
        ("sin(x)", "there is no function `sin`; there are log1p, log,", 0),
        ("clip(x, 1)", "called as clip(x, low, high), not with 2 arguments", 0),
        ("log1p(x", "expected `,` or `)`", 7),
        ("a < b < c", "cannot be chained", 6),
        ("\"spam\"", "compared", 6),
        ("a + 'spam'", "a text can only be compared with a column", 4),
        ("a < 'spam'", "with `==` or `!=`", 2),
        ("a + 1 == 'spam'", "only a column", 0),
        ("`a + 1", "never closed", 0),
        ("2nd + 1", "starts with a digit stands in backquotes", 0),
        ("x + 1e999", "too large", 4),
        ("1 + 2", "names no column", 0),
    ] {
        match Expression::parse(source).unwrap_err() {
            error @ Error::InvalidExpression { position: found, .. } => {
                assert!(error.to_string().contains(part), "{source}: {error}");
                assert_eq!(found, position, "{source}: {error}");
                assert_eq!(error.code(), "INVALID_EXPRESSION");
            }
            other => panic!("{source}: {other}"),
        }
    }
    assert!(message(&"(".repeat(1000)).contains("nested deeper"));
    assert!(message(&"x+".repeat(5000)).contains("longer than"));
    let deepest = "-".repeat(4000) + "x";
    // On the stack of a small thread: neither reading, printing, evaluating nor dropping may descend 4,000 levels.
    let on_small_stack = std::thread::Builder::new().stack_size(256 << 10).spawn(move || {
        assert_eq!(evaluate(&deepest, &[("x", 1.0)]).to_bits(), 1.0_f64.to_bits());
        assert_eq!(Expression::parse(&(deepest + " - -x")).unwrap().to_string(), "x - -x");
    });
    on_small_stack.unwrap().join().unwrap();
    let longest = "x".to_owned() + &"+x".repeat(2000);
    assert_eq!(evaluate(&longest, &[("x", 1.0)]).to_bits(), 2001.0_f64.to_bits());
}

#[test]
fn unknown_columns_are_named() {
    let error = Expression::parse("up + dwon").unwrap().bind(&["up".into(), "down".into()]).unwrap_err();
    assert_eq!(error.to_string(), "there is no column `dwon`; did you mean `down`? The columns are `up`, `down`");
}
