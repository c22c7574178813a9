use super::summary::Summary;

/// How many entries a summary keeps for `rows` elements and `max_bin` bins: XGBoost 3.4.1's budget, which asks for twice
/// the resolution of the bins at every level of merging.
pub(super) fn limit_size(rows: usize, max_bin: usize) -> usize {
    if rows == 0 {
        return 1;
    }
    let epsilon = 1.0 / max_bin.min(rows) as f64 / 2.0;
    let mut level = 1_u32;
    loop {
        let limit = ((f64::from(level) / epsilon).ceil() as usize + 1).min(rows);
        if limit << level >= rows {
            return limit;
        }
        level += 1;
    }
}

/// A sketch of a stream of weighted values: a queue of values, and summaries of doubling coverage.
pub(super) struct Sketch {
    limit: usize,
    queue: Vec<(f32, f32)>,
    levels: Vec<Summary>,
    elements: usize,
}

impl Sketch {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, queue: Vec::new(), levels: Vec::new(), elements: 0 }
    }

    /// Adds a value, or `count` equal ones of that weight together; equal neighbours share a place.
    pub(super) fn push(&mut self, value: f32, weight: f32, count: usize) {
        if weight == 0.0 {
            return;
        }
        self.elements += count;
        if let Some(last) = self.queue.last_mut().filter(|last| last.0 == value) {
            last.1 += weight;
            return;
        }
        if self.queue.len() == self.limit * 2 {
            self.flush();
        }
        self.queue.push((value, weight));
    }

    fn flush(&mut self) {
        let mut summary = Summary::of(&mut self.queue);
        self.queue.clear();
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Summary::default());
            }
            summary.prune(self.limit);
            summary.combine(&self.levels[level]);
            self.levels[level] = Summary::default();
            if summary.len() <= self.limit {
                self.levels[level] = summary;
                return;
            }
        }
    }

    /// The summary of everything that was pushed, of the size that its elements (those with a weight) ask for.
    pub(super) fn finish(mut self, max_bin: usize) -> Summary {
        self.flush();
        let size = limit_size(self.elements, max_bin);
        let mut all = Summary::default();
        for level in &self.levels {
            all.combine(level);
            all.prune(size.max(self.limit));
        }
        all.prune(size);
        all
    }
}
