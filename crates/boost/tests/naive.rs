//! The trainer against one of fifty lines that does everything the obvious way, on random small matrices.

#![allow(clippy::doc_markdown, reason = "XGBoost is a name")]
#![allow(clippy::float_cmp, reason = "equal means equal to the bit")]

mod random;

use nlpflow_boost::{Data, Dataset, Node, Settings, Trainer};
use nlpflow_matrix::CsrBuilder;
use random::Random;

/// So many matrices; `NLPFLOW_MATRICES` asks for another number.
const MATRICES: u64 = 200_000;

/// Sums that cancel leave this much at most: in `f64` another rest than in fixed point.
const NOTHING: f32 = 1e-12;

/// A rest decides at times how the last bit of a 32-bit term of a gain is rounded.
const LAST_BIT: f32 = 1e-6;

/// Whether two nodes are equal but for these rests: where a value lies in the middle between two 32-bit floats, the order
/// of a sum decides, and `eta` may make two of the last bit.
fn same(a: &Node, b: &Node) -> bool {
    let numbers = [(a.weight, b.weight), (a.value, b.value)];
    (a.parent, a.children, a.column, a.threshold, a.cover, a.default_left)
        == (b.parent, b.children, b.column, b.threshold, b.cover, b.default_left)
        && (a.gain - b.gain).abs() <= LAST_BIT * a.gain.max(1.0)
        && numbers.into_iter().all(|(a, b)| a == b || (a - b).abs() <= NOTHING.max(2.0 * f32::EPSILON * a.abs()))
}

struct Naive<'a> {
    rows: &'a [Vec<f32>],
    gradient: Vec<f64>,
    settings: &'a Settings,
}

#[derive(Clone, Copy)]
struct Sums {
    gradient: f64,
    hessian: f64,
}

/// A split: gain, column, threshold.
type Best = (f32, usize, f32);

/// Parent, rows, depth, and children with their split.
type Grown = (Option<u32>, Vec<usize>, u32, Option<([u32; 2], Best)>);

impl Naive<'_> {
    fn sums(&self, rows: &[usize]) -> Sums {
        Sums { gradient: rows.iter().map(|&row| self.gradient[row]).sum(), hessian: rows.len() as f64 }
    }

    fn weight(&self, sums: Sums) -> f32 {
        let alpha = f64::from(self.settings.alpha);
        let shrunk = sums.gradient.signum() * (sums.gradient.abs() - alpha).max(0.0);
        let weight = -shrunk / (sums.hessian + f64::from(self.settings.lambda));
        let limit = f64::from(self.settings.max_delta_step);
        (if limit > 0.0 { weight.clamp(-limit, limit) } else { weight }) as f32
    }

    fn gain(&self, sums: Sums) -> f32 {
        let w = self.weight(sums);
        -(2.0 * sums.gradient * f64::from(w)
            + (sums.hessian + f64::from(self.settings.lambda)) * f64::from(w * w)
            + 2.0 * f64::from(self.settings.alpha) * f64::from(w.abs())) as f32
    }

    fn best(&self, rows: &[usize]) -> Option<Best> {
        let mut best: Option<Best> = None;
        for column in 0..self.rows[0].len() {
            // The cuts are the values that occur anywhere in the column, but for the least.
            let mut cuts: Vec<f32> = self.rows.iter().map(|row| row[column]).collect();
            cuts.sort_by(f32::total_cmp);
            cuts.dedup();
            for &cut in &cuts[1..] {
                let (left, right): (Vec<_>, Vec<_>) = rows.iter().partition(|&&row| self.rows[row][column] < cut);
                let least = (self.settings.min_child_weight as usize).max(1);
                if left.len() < least || right.len() < least {
                    continue;
                }
                let gain = (self.gain(self.sums(&left)) + self.gain(self.sums(&right))) - self.gain(self.sums(rows));
                if gain > best.map_or(1e-6, |best| best.0) {
                    best = Some((gain, column, cut));
                }
            }
        }
        best.filter(|best| best.0 >= self.settings.gamma)
    }

    /// Level by level, which is the order of XGBoost's numbers; and the leaf of each row.
    fn tree(&self) -> (Vec<Node>, Vec<usize>) {
        let mut nodes = vec![(None, (0..self.rows.len()).collect::<Vec<_>>(), 0, None::<([u32; 2], Best)>)];
        let mut at = 0;
        while at < nodes.len() {
            let (_, rows, depth, _) = nodes[at].clone();
            if let Some(best) = (depth < self.settings.max_depth).then(|| self.best(&rows)).flatten() {
                let first = nodes.len() as u32;
                nodes[at].3 = Some(([first, first + 1], best));
                let (left, right) = rows.iter().partition(|&&row| self.rows[row][best.1] < best.2);
                nodes.push((Some(at as u32), left, depth + 1, None));
                nodes.push((Some(at as u32), right, depth + 1, None));
            }
            at += 1;
        }
        let node = |(parent, rows, _, split): &Grown| {
            let weight = self.weight(self.sums(rows));
            let value = weight * self.settings.eta;
            let cover = rows.len() as f32;
            match split {
                Some((children, (gain, column, threshold))) => Node {
                    parent: *parent,
                    children: Some(*children),
                    column: *column as u32,
                    threshold: *threshold,
                    gain: *gain,
                    cover,
                    weight,
                    value: 0.0,
                    default_left: true,
                },
                None => Node {
                    parent: *parent,
                    children: None,
                    column: 0,
                    threshold: 0.0,
                    gain: 0.0,
                    cover,
                    weight: if parent.is_some() { value } else { weight },
                    value,
                    default_left: false,
                },
            }
        };
        let mut leaves = vec![0; self.rows.len()];
        for (index, (_, rows, _, _)) in nodes.iter().enumerate().filter(|(_, (_, _, _, split))| split.is_none()) {
            for &row in rows {
                leaves[row] = index;
            }
        }
        (nodes.iter().map(node).collect(), leaves)
    }
}

#[test]
fn random_small_matrices_give_the_trees_of_the_naive_trainer() {
    let matrices = std::env::var("NLPFLOW_MATRICES").ok().and_then(|count| count.parse().ok()).unwrap_or(MATRICES);
    let mut random = Random(0x1234_5678_9abc_def1);
    let (mut splits, mut deepest) = (0_u64, 0);
    for case in 0..matrices {
        let (count, columns) = (1 + random.below(16), 1 + random.below(5));
        let density = random.pick(&[1, 3, 7]);
        let mut rows: Vec<Vec<f32>> = (0..count)
            .map(|_| {
                (0..columns)
                    .map(|_| if random.below(10) < density { random.pick(&[0.5, 1.0, 1.5, 3.0]) } else { 0.0 })
                    .collect()
            })
            .collect();
        for at in 1..count {
            if random.below(3) == 0 {
                rows[at] = rows[at - 1].clone();
            }
        }
        let outcome: Vec<f64> = (0..count).map(|_| random.below(9) as f64 - 2.0).collect();
        let settings = Settings {
            max_depth: 1 + random.below(5) as u32,
            eta: random.pick(&[0.3, 1.0]),
            lambda: random.pick(&[0.0, 1.0, 2.5]),
            alpha: random.pick(&[0.0, 0.0, 0.75]),
            gamma: random.pick(&[0.0, 0.0, 0.5, 4.0]),
            min_child_weight: random.pick(&[0.0, 1.0, 1.0, 2.0, 3.0]),
            max_delta_step: random.pick(&[0.0, 0.0, 0.0, 0.5]),
            ..Settings::default()
        };
        let mut builder = CsrBuilder::new(columns as u32, count);
        for row in &rows {
            builder.push_row(row.iter().enumerate().map(|(column, &value)| (column as u32, value)));
        }
        let matrix = builder.finish().expect("a valid matrix");
        let data = Data::new(matrix.view(), &outcome);
        let dataset = Dataset::new(&data, 256).expect("valid data");
        let mut trainer = Trainer::new(&dataset, &settings).expect("valid settings");
        let mut margins = vec![f64::from(trainer.model().base_scores()[0]); count];
        for round in 0..3 {
            trainer.round();
            let gradient = margins.iter().zip(&outcome).map(|(margin, y)| margin - y).collect();
            let (expected, leaves) = Naive { rows: &rows, gradient, settings: &settings }.tree();
            let tree = &trainer.model().trees()[round];
            let context = || format!("case {case}, round {round}: {settings:?}\n{rows:?}\n{outcome:?}");
            assert_eq!(tree.nodes().len(), expected.len(), "{}", context());
            for (ours, naive) in tree.nodes().iter().zip(&expected) {
                assert!(same(ours, naive), "{ours:?}\n{naive:?}\n{}", context());
            }
            splits += expected.iter().filter(|node| node.children.is_some()).count() as u64;
            deepest = deepest.max(expected.len());
            // The values of leaves are rounded: the next tree begins from those of the trainer.
            margins.iter_mut().zip(leaves).for_each(|(margin, leaf)| *margin += f64::from(tree.nodes()[leaf].value));
        }
    }
    assert!(splits > matrices && deepest > 10, "the cases have splits to compare: {splits}, {deepest}");
}
