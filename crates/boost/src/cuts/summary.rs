/// One value of a summary with the bounds of its rank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    /// The least total weight of smaller values.
    pub(super) rmin: f32,
    /// The greatest total weight of values up to this one.
    pub(super) rmax: f32,
    /// The weight of this value.
    pub(super) weight: f32,
    /// The value.
    pub(super) value: f32,
}

impl Entry {
    fn rmin_next(&self) -> f32 {
        self.rmin + self.weight
    }

    fn rmax_before(&self) -> f32 {
        self.rmax - self.weight
    }
}

/// Values in ascending order with bounds of their ranks (Greenwald and Khanna 2001, weighted as by Chen and Guestrin
/// 2016).
///
/// Each operation rounds where XGBoost 3.4.1 rounds: ranks are 32-bit floats.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Summary {
    entries: Vec<Entry>,
}

impl Summary {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        Self { entries }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The summary of weighted values, which are sorted here and added where they are equal.
    pub(super) fn of(values: &mut [(f32, f32)]) -> Self {
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut total = 0.0;
        let entries = values
            .chunk_by(|a, b| a.0 == b.0)
            .map(|same| {
                let weight = same[1..].iter().fold(same[0].1, |sum, value| sum + value.1);
                let entry = Entry { rmin: total, rmax: total + weight, weight, value: same[0].0 };
                total += weight;
                entry
            })
            .collect();
        Self { entries }
    }

    /// Merges another summary into this one.
    pub(super) fn combine(&mut self, other: &Self) {
        if other.entries.is_empty() {
            return;
        }
        if self.entries.is_empty() {
            self.entries.clone_from(&other.entries);
            return;
        }
        let (mut a, mut b) = (self.entries.as_slice(), other.entries.as_slice());
        let (last_a, last_b) = (a[a.len() - 1].rmax, b[b.len() - 1].rmax);
        let mut merged = Vec::with_capacity(a.len() + b.len());
        // The least ranks reached so far in either summary.
        let (mut reached_a, mut reached_b) = (0.0, 0.0);
        while let (Some(x), Some(y)) = (a.first(), b.first()) {
            if x.value == y.value {
                let (rmin, rmax) = (x.rmin + y.rmin, x.rmax + y.rmax);
                merged.push(Entry { rmin, rmax, weight: x.weight + y.weight, value: x.value });
                (reached_a, reached_b) = (x.rmin_next(), y.rmin_next());
                (a, b) = (&a[1..], &b[1..]);
            } else if x.value < y.value {
                merged.push(Entry { rmin: x.rmin + reached_b, rmax: x.rmax + y.rmax_before(), ..*x });
                reached_a = x.rmin_next();
                a = &a[1..];
            } else {
                merged.push(Entry { rmin: y.rmin + reached_a, rmax: y.rmax + x.rmax_before(), ..*y });
                reached_b = y.rmin_next();
                b = &b[1..];
            }
        }
        merged.extend(a.iter().map(|x| Entry { rmin: x.rmin + reached_b, rmax: x.rmax + last_b, ..*x }));
        merged.extend(b.iter().map(|y| Entry { rmin: y.rmin + reached_a, rmax: y.rmax + last_a, ..*y }));
        self.entries = merged;
        self.restore_order();
    }

    /// Undoes what rounding did to the order of the ranks.
    fn restore_order(&mut self) {
        let (mut rmin, mut rmax) = (0.0, 0.0);
        for entry in &mut self.entries {
            if entry.rmin < rmin {
                entry.rmin = rmin;
            } else {
                rmin = entry.rmin;
            }
            if entry.rmax < rmax {
                entry.rmax = rmax;
            }
            let next = entry.rmin_next();
            if entry.rmax < next {
                entry.rmax = next;
            }
            rmax = entry.rmax;
        }
    }

    /// Keeps at most `size` entries whose ranks are spread evenly, the first and the last among them.
    pub(super) fn prune(&mut self, size: usize) {
        let count = self.entries.len();
        if count <= size {
            return;
        }
        if size <= 1 {
            self.entries.truncate(size);
            return;
        }
        let source = std::mem::take(&mut self.entries);
        let begin = source[0].rmax;
        let range = source[count - 1].rmin - source[0].rmax;
        let parts = size - 1;
        self.entries.push(source[0]);
        let (mut at, mut taken) = (1, 0);
        for k in 1..parts {
            let goal = 2.0 * ((k as f32 * range) / parts as f32 + begin);
            while at < count - 1 && goal >= source[at + 1].rmax + source[at + 1].rmin {
                at += 1;
            }
            if at == count - 1 {
                break;
            }
            let nearer_left = goal < source[at].rmin_next() + source[at + 1].rmax_before();
            let choice = if nearer_left { at } else { at + 1 };
            if choice != taken {
                self.entries.push(source[choice]);
                taken = choice;
            }
        }
        if taken != count - 1 {
            self.entries.push(source[count - 1]);
        }
    }

    /// Appends the cuts of at most `max_bin` bins, the last above the greatest value.
    pub(super) fn cut_values(&self, max_bin: usize, cuts: &mut Vec<f32>) {
        let entries = &self.entries;
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
            cuts.push(1e-5);
            return;
        };
        let count = entries.len();
        let above = |mut at: usize, value: f32| {
            while at < count && entries[at].value <= value {
                at += 1;
            }
            at
        };
        let mut last_cut = first.value;
        let mut next = above(1, last_cut);
        if count <= max_bin {
            while next < count {
                last_cut = entries[next].value;
                cuts.push(last_cut);
                next = above(next + 1, last_cut);
            }
        } else {
            let total = f64::from(last.rmax);
            let mut at = 0;
            for i in 1..max_bin {
                let goal = 2.0 * (i as f64 * total / max_bin as f64);
                while at < count - 2 && goal >= f64::from(entries[at + 1].rmin + entries[at + 1].rmax) {
                    at += 1;
                }
                let nearer_left = goal < f64::from(entries[at].rmin_next() + entries[at + 1].rmax_before());
                let mut cut = entries[if nearer_left { at } else { at + 1 }].value;
                if cut <= last_cut {
                    next = above(next, last_cut);
                    if next == count {
                        break;
                    }
                    cut = entries[next].value;
                } else if next < count && entries[next].value <= cut {
                    next = above(next + 1, cut);
                }
                cuts.push(cut);
                last_cut = cut;
            }
        }
        cuts.push(last.value + (last.value.abs() + 1e-5));
    }
}
