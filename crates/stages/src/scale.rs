//! Outcomes on another scale than the columns of the table.

use nlpflow_source::Expression;

/// Functions that put an outcome on a scale of its own.
const RESCALING: [&str; 4] = ["log1p", "log", "exp", "sqrt"];

/// The expression, where it is one such function of all else: predictions are on its scale then.
pub(crate) fn scale(outcome: &str) -> Option<String> {
    let written = Expression::parse(outcome).ok()?.to_string();
    let is_rescaled = RESCALING.iter().any(|name| {
        let inner = written.strip_prefix(name).and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'));
        // Of `log(a) + log(b)` what is between the outer parentheses is no expression.
        inner.is_some_and(|inner| Expression::parse(inner).is_ok())
    });
    is_rescaled.then_some(written)
}

#[cfg(test)]
mod tests {
    use super::scale;

    #[test]
    fn a_function_of_all_else_makes_a_scale() {
        for (outcome, expected) in [
            ("log1p( size )", "log1p(size)"),
            ("(log(up + down))", "log(up + down)"),
            ("sqrt(a) ", "sqrt(a)"),
            ("exp(log(a) - log(b))", "exp(log(a) - log(b))"),
            ("log(`a) + log(b`)", "log(`a) + log(b`)"),
        ] {
            assert_eq!(scale(outcome).as_deref(), Some(expected), "{outcome}");
        }
        let plain = [
            "size",
            "`log(size)`",
            "log(a) + log(b)",
            "log(a) > 3",
            "size / sqrt(a)",
            "abs(a)",
            "clip(a, 0, 1)",
            "log(",
        ];
        for outcome in plain {
            assert_eq!(scale(outcome), None, "{outcome}");
        }
    }
}
