use std::cmp::Ordering;
use std::sync::Arc;

use super::{Candidates, Filter};
use crate::parameter::{Parameter, Values};
use crate::registry::{Build, Step};

pub(crate) const STEP: Step = Step {
    name: "tokenfilter",
    doc: "Keeps the most frequent tokens between two bounds of frequency; counts are of the training rows alone.",
    parameters: &[
        Parameter::float("min_times", 0.0, Some(0.0), "Least occurrences of a token, this number included.").tunable(),
        Parameter::float(
            "max_times",
            0.0,
            None,
            "Most occurrences of a token, this number included; null for no bound.",
        )
        .tunable(),
        Parameter::bool(
            "percentage",
            false,
            "Read both bounds as a share, from 0 to 1, of all tokens that reach this step.",
        ),
        Parameter::int("max_tokens", 1.0, 100, "Most tokens to keep, the most frequent ones; null for all.")
            .nullable()
            .tunable(),
    ],
    build: Build::Filter(|values| TokenFilter::new(values).map(|filter| Arc::new(filter) as Arc<dyn Filter>)),
};

/// `textrecipes::step_tokenfilter`: by occurrences in all texts, not by documents. Equal counts are ordered by the
/// UTF-8 bytes of the token.
#[derive(Debug)]
struct TokenFilter {
    min_times: f64,
    max_times: f64,
    percentage: bool,
    max_tokens: usize,
}

impl TokenFilter {
    fn new(values: &Values) -> Result<Self, String> {
        let filter = Self {
            min_times: values.float("min_times").unwrap_or(0.0),
            max_times: values.float("max_times").unwrap_or(f64::INFINITY),
            percentage: values.bool("percentage"),
            max_tokens: values.int("max_tokens").map_or(usize::MAX, |tokens| tokens as usize),
        };
        for (name, value) in [("min_times", filter.min_times), ("max_times", filter.max_times)] {
            if filter.percentage && value.is_finite() && value > 1.0 {
                return Err(format!("with `percentage: true`, `{name}` is a share from 0 to 1, not {value}"));
            }
        }
        if filter.min_times > filter.max_times {
            let Self { min_times, max_times, .. } = filter;
            return Err(format!(
                "`min_times` ({min_times}) is greater than `max_times` ({max_times}): no token can pass"
            ));
        }
        Ok(filter)
    }

    /// What the bounds are compared with.
    fn times(&self, candidates: &Candidates, id: u32) -> f64 {
        let n = candidates.n(id) as f64;
        if self.percentage { n / candidates.total as f64 } else { n }
    }

    fn passes(&self, candidates: &Candidates, id: u32) -> bool {
        (self.min_times..=self.max_times).contains(&self.times(candidates, id))
    }

    /// "3 of 1204331 tokens (0.00000249)".
    fn frequency(candidates: &Candidates, id: u32) -> String {
        let (n, total) = (candidates.n(id), candidates.total);
        let share = n as f64 / total as f64;
        // Three significant digits, for however small a share.
        let decimals = (2.0 - share.log10().floor()).clamp(0.0, 20.0) as usize;
        format!("{n} of {total} tokens ({share:.decimals$})")
    }
}

/// The most frequent first, equal ones by their bytes.
fn by_rank(candidates: &Candidates, a: u32, b: u32) -> Ordering {
    candidates.n(b).cmp(&candidates.n(a)).then_with(|| candidates.token(a).cmp(candidates.token(b)))
}

impl Filter for TokenFilter {
    fn name(&self) -> &'static str {
        STEP.name
    }

    fn keep(&self, candidates: &Candidates) -> Vec<u32> {
        let passes = |id: &u32| self.passes(candidates, *id);
        let mut kept: Vec<u32> = candidates.ids.iter().copied().filter(passes).collect();
        if self.max_tokens < kept.len() {
            kept.select_nth_unstable_by(self.max_tokens, |&a, &b| by_rank(candidates, a, b));
            kept.truncate(self.max_tokens);
            kept.sort_unstable();
        }
        kept
    }

    fn reason(&self, candidates: &Candidates, id: u32) -> String {
        let times = self.times(candidates, id);
        let frequency = Self::frequency(candidates, id);
        if times < self.min_times {
            return format!("{frequency}, below min_times {}", self.min_times);
        }
        if times > self.max_times {
            return format!("{frequency}, above max_times {}", self.max_times);
        }
        let is_better = |other: &&u32| self.passes(candidates, **other) && by_rank(candidates, **other, id).is_lt();
        let rank = 1 + candidates.ids.iter().filter(is_better).count();
        format!("{frequency}, rank {rank}, beyond max_tokens {}", self.max_tokens)
    }

    fn advice(&self, candidates: &Candidates) -> String {
        let first = candidates.ids.iter().copied().min_by(|&a, &b| by_rank(candidates, a, b));
        let first = first.map_or_else(String::new, |id| {
            format!("the most frequent token, `{}`, is {}; ", candidates.token(id), Self::frequency(candidates, id))
        });
        let max_times = if self.max_times.is_finite() {
            format!(" or raise max_times ({})", self.max_times)
        } else {
            String::new()
        };
        let unit = if self.percentage { "shares of all tokens" } else { "counts" };
        format!("In `tokenfilter`, {first}lower min_times ({}){max_times}; both are {unit}", self.min_times)
    }

    /// A share without `percentage` passes every token, as if it were 0.
    fn warning(&self, _candidates: &Candidates) -> Option<String> {
        (!self.percentage && self.min_times > 0.0 && self.min_times < 1.0).then(|| {
            format!(
                "tokenfilter: min_times {} drops nothing, since it is a number of occurrences; for a share of all tokens \
                 add `percentage: true`",
                self.min_times
            )
        })
    }
}
