//! Random cases that are the same everywhere.

use nlpflow_matrix::{Csr, CsrBuilder};

/// A small generator of its own (xorshift64*).
pub struct Random(pub u64);

#[allow(dead_code, reason = "each test uses a part")]
impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        ((self.next() >> 33) as usize) % bound
    }

    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// From 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Rows like those of texts, and an outcome that depends on some words: counts over the length, times a weight a
    /// column. Frequencies fall as 1 / rank; about `length` words a row.
    pub fn texts(&mut self, rows: usize, columns: usize, length: f64) -> (Csr, Vec<f64>) {
        let mut builder = CsrBuilder::new(columns as u32, rows);
        let mut outcome = Vec::new();
        for _ in 0..rows {
            let words = (-(1.0 - self.unit()).ln() * length) as usize;
            let mut counts = vec![0_u32; columns];
            for _ in 0..words {
                counts[((columns as f64).powf(self.unit()) as usize - 1).min(columns - 1)] += 1;
            }
            let weight = |column: usize| ((column + 2) as f32).ln() / words.max(1) as f32;
            let values: Vec<f32> =
                counts.iter().enumerate().map(|(column, &count)| count as f32 * weight(column)).collect();
            let noise = self.unit() * 4.0 - 2.0;
            let middle = f64::from(values[columns / 2].min(1.0));
            outcome.push(f64::from(values[0]) * 3.0 + middle * 5.0 - f64::from(values[3 % columns]) + noise);
            builder.push_row(values.iter().enumerate().map(|(column, &value)| (column as u32, value)));
        }
        (builder.finish().expect("a valid matrix"), outcome)
    }
}
