//! Metrics against numbers from the manuals of scikit-learn and `SciPy`, and against what follows from the formulas.

use nlpflow_model::{Constant, metric, metrics};
use proptest::prelude::{prop, prop_assert, prop_assume, proptest};

fn evaluate(name: &str, truth: &[f64], estimate: &[f64]) -> Option<f64> {
    metric(name).expect("a metric").evaluate(truth, estimate)
}

fn close(found: Option<f64>, expected: f64) {
    let found = found.expect("a number");
    assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{found} against {expected}");
}

#[test]
fn published_examples() {
    let (truth, estimate) = ([3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2.0, 8.0]);
    close(evaluate("mae", &truth, &estimate), 0.5); // sklearn.metrics.mean_absolute_error
    close(evaluate("rmse", &truth, &estimate), 0.375_f64.sqrt()); // sklearn.metrics.mean_squared_error gives 0.375
    // sklearn.metrics.mean_absolute_percentage_error: 0.3273…, exactly (1/6 + 1 + 0 + 1/7) / 4
    close(evaluate("mape", &truth, &estimate), 100.0 * (1.0 / 6.0 + 1.0 + 1.0 / 7.0) / 4.0);
    let r2 = evaluate("rsq_trad", &truth, &estimate).expect("a number"); // sklearn.metrics.r2_score: 0.948...
    assert!((r2 - 0.948).abs() < 1e-3, "{r2}");
    // scipy.stats.pearsonr: -0.828503883588428
    let (x, y) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], [10.0, 9.0, 2.5, 6.0, 4.0, 3.0, 2.0]);
    close(evaluate("rsq", &x, &y), 0.828_503_883_588_428_f64.powi(2));
}

#[test]
fn undefined_is_no_number() {
    for metric in metrics() {
        assert_eq!(metric.evaluate(&[], &[]), None, "{}", metric.name());
        assert_eq!(metric.evaluate(&[1.0], &[f64::INFINITY]), None, "{}", metric.name());
    }
    // The mean of these is not exact, so that a variance computed from it is not 0.
    let constant = [0.1; 7];
    let varied: Vec<f64> = (0..7).map(f64::from).collect();
    assert_eq!(evaluate("rsq", &varied, &constant), None);
    assert_eq!(evaluate("rsq", &constant, &varied), None);
    assert_eq!(evaluate("rsq_trad", &constant, &varied), None);
    assert_eq!(evaluate("mape", &varied, &constant), None);
}

proptest! {
    #[test]
    fn what_the_formulas_say(
        rows in prop::collection::vec((-1e3..1e3_f64, -1e3..1e3_f64), 2..60),
        scale in 0.01..100.0_f64,
        shift in -1e3..1e3_f64,
    ) {
        let (truth, estimate): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
        let spread = |values: &[f64]| values.iter().fold(f64::MIN, |a, &b| a.max(b)) - values.iter().fold(f64::MAX, |a, &b| a.min(b));
        prop_assume!(spread(&truth) > 1.0 && spread(&estimate) > 1.0);
        let get = |name: &str, estimate: &[f64]| evaluate(name, &truth, estimate).expect("a number");
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0);

        let (rmse, mae, rsq) = (get("rmse", &estimate), get("mae", &estimate), get("rsq", &estimate));
        prop_assert!(mae <= rmse * (1.0 + 1e-12) && rmse <= mae * (truth.len() as f64).sqrt() * (1.0 + 1e-12));
        prop_assert!((0.0..=1.0).contains(&rsq) && get("rsq_trad", &estimate) <= 1.0);
        let moved: Vec<f64> = estimate.iter().map(|e| e * scale + shift).collect();
        prop_assert!(near(get("rsq", &moved), rsq), "a correlation knows neither scale nor shift");
        let mean = truth.iter().sum::<f64>() / truth.len() as f64;
        prop_assert!(get("rsq_trad", &vec![mean; truth.len()]).abs() < 1e-9, "the mean explains nothing");
        let deviation = truth.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / truth.len() as f64;
        prop_assert!(near(get("rsq_trad", &estimate), 1.0 - rmse * rmse / deviation));
        prop_assert!(get("rmse", &truth) == 0.0 && get("mae", &truth) == 0.0 && near(get("rsq", &truth), 1.0));
    }
}

#[test]
fn constants() {
    // R: median(c(7, 1, 3)) is 3, median(c(7, 1, 3, 100)) is 5.
    assert_eq!(Constant::Median.learn(&[7.0, 1.0, 3.0]).to_bits(), 3.0_f64.to_bits());
    assert_eq!(Constant::Median.learn(&[7.0, 1.0, 3.0, 100.0]).to_bits(), 5.0_f64.to_bits());
    assert_eq!(Constant::Median.learn(&[f64::MAX, f64::MAX]).to_bits(), f64::MAX.to_bits());
    assert_eq!(Constant::Mean.learn(&[7.0, 1.0, 3.0, 100.0]).to_bits(), 27.75_f64.to_bits());
    assert!(Constant::ALL.iter().all(|constant| constant.learn(&[]).is_nan()));
    let named: Vec<(&str, Constant)> = metrics().iter().map(|metric| (metric.name(), metric.baseline())).collect();
    let (mean, median, weighted) = (Constant::Mean, Constant::Median, Constant::WeightedMedian);
    assert_eq!(named, [("rmse", mean), ("mae", median), ("mape", weighted), ("rsq", mean), ("rsq_trad", mean)]);
    // An outcome of 0 outweighs all others, and outcomes that are 1 outweigh a large one.
    assert_eq!(Constant::WeightedMedian.learn(&[5.0, 0.0, 7.0]).to_bits(), 0.0_f64.to_bits());
    assert_eq!(Constant::WeightedMedian.learn(&[100.0, 1.0, 90.0, 80.0]).to_bits(), 1.0_f64.to_bits());
}

proptest! {
    /// No other constant is better on the rows that it was learned from.
    #[test]
    fn a_constant_is_the_best_for_its_metric(
        outcomes in prop::collection::vec(-1e3..1e3_f64, 1..40),
        other in -1e3..1e3_f64,
    ) {
        for name in ["rmse", "mae", "mape"] {
            let constant = metric(name).expect("a metric").baseline().learn(&outcomes);
            let worth = |constant: f64| evaluate(name, &outcomes, &vec![constant; outcomes.len()]).expect("a number");
            // Relative errors are as large as outcomes are near zero: their sums are rounded at their own size.
            let rounding = if name == "mape" { 1e-12 * worth(other) } else { 0.0 };
            prop_assert!(worth(constant) <= worth(other) + rounding + 1e-9, "{name}: {constant} against {other}");
        }
    }
}
