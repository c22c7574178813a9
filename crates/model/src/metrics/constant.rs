use serde::Serialize;

/// The prediction of a baseline: one number for every row, learned from outcomes alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Constant {
    /// Makes squared errors least.
    Mean,
    /// Makes absolute errors least; of an even number of outcomes the mean of the two in the middle.
    Median,
    /// Makes absolute errors relative to the outcomes least: the median of outcomes that weigh 1/|y|, the lower one of two.
    #[serde(rename = "weighted median")]
    WeightedMedian,
}

impl Constant {
    /// Every constant that some metric is compared with.
    pub const ALL: [Self; 3] = [Self::Mean, Self::Median, Self::WeightedMedian];

    /// The constant of some outcomes; NaN without outcomes.
    #[must_use]
    pub fn learn(self, outcomes: &[f64]) -> f64 {
        match self {
            Self::Mean => outcomes.iter().sum::<f64>() / outcomes.len() as f64,
            Self::Median => median(outcomes.to_vec()),
            Self::WeightedMedian => weighted_median(outcomes.to_vec()),
        }
    }
}

fn median(mut outcomes: Vec<f64>) -> f64 {
    if outcomes.is_empty() {
        return f64::NAN;
    }
    let middle = outcomes.len() / 2;
    let is_even = outcomes.len().is_multiple_of(2);
    let (below, &mut upper, _) = outcomes.select_nth_unstable_by(middle, f64::total_cmp);
    if !is_even {
        return upper;
    }
    let lower = below.iter().copied().max_by(f64::total_cmp).unwrap_or(upper);
    // Half by half: the sum of two outcomes may overflow.
    lower / 2.0 + upper / 2.0
}

/// The least outcome at which half of the weights 1/|y| is reached: 0 as soon as an outcome is 0, which outweighs all others.
fn weighted_median(mut outcomes: Vec<f64>) -> f64 {
    let weigh = |outcomes: &[f64]| outcomes.iter().map(|outcome| 1.0 / outcome.abs()).sum::<f64>();
    if outcomes.contains(&0.0) {
        return 0.0;
    }
    let half = weigh(&outcomes) / 2.0;
    let mut rest = outcomes.as_mut_slice();
    let mut below = 0.0;
    while rest.len() > 1 {
        let middle = rest.len() / 2;
        rest.select_nth_unstable_by(middle, f64::total_cmp);
        let (lower, upper) = rest.split_at_mut(middle);
        let weight = weigh(lower);
        if below + weight >= half {
            rest = lower;
        } else {
            below += weight;
            rest = upper;
        }
    }
    rest.first().copied().unwrap_or(f64::NAN)
}
