/// Records that are kept at most.
const MOST_RECORDS: usize = 8_000;
/// Bytes of records that are kept at most, unless a single one is larger.
const MOST_BYTES: usize = 64 << 20;

/// Records spread over all that were offered: each of them, then half, then a quarter as they get many.
///
/// Which ones depends on their numbers and sizes alone, and follows no period that a table may have, such as labels in
/// turn.
pub(super) struct Sample {
    /// The share of records that are kept is one of so many, a power of two.
    one_of: u64,
    records: Vec<(u64, Box<[u8]>)>,
    bytes: usize,
}

impl Default for Sample {
    fn default() -> Self {
        Self { one_of: 1, records: Vec::new(), bytes: 0 }
    }
}

impl Sample {
    /// Takes the record with the next number.
    pub(super) fn offer(&mut self, number: u64, record: &[u8]) {
        if !is_drawn(number, self.one_of) {
            return;
        }
        self.records.push((number, record.into()));
        self.bytes += record.len();
        while self.records.len() > MOST_RECORDS || (self.bytes > MOST_BYTES && self.records.len() > 1) {
            self.one_of *= 2;
            let one_of = self.one_of;
            self.records.retain(|(number, _)| is_drawn(*number, one_of));
            self.bytes = self.records.iter().map(|(_, record)| record.len()).sum();
        }
    }

    /// The records with their numbers, in their order.
    pub(super) fn records(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.records.iter().map(|(number, record)| (*number, &**record))
    }
}

/// Whether a record is among the one of so many: those of more are among those of fewer, and the first is always.
fn is_drawn(number: u64, one_of: u64) -> bool {
    // SplitMix64.
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number == 0 || (mixed ^ (mixed >> 31)).is_multiple_of(one_of)
}

#[cfg(test)]
mod tests {
    use super::{MOST_RECORDS, Sample};

    #[test]
    fn is_spread_over_all_that_was_offered() {
        let mut sample = Sample::default();
        for number in 0..100_000 {
            sample.offer(number, b"x");
        }
        let numbers: Vec<u64> = sample.records().map(|(number, _)| number).collect();
        assert!((MOST_RECORDS / 2 - 500..=MOST_RECORDS).contains(&numbers.len()), "{}", numbers.len());
        assert!(numbers.is_sorted());
        let share = |is_in: fn(&u64) -> bool| {
            numbers.iter().filter(|number| is_in(number)).count() as f64 / numbers.len() as f64
        };
        assert!((share(|number| *number < 50_000) - 0.5).abs() < 0.03);
        assert!((share(|number| number % 2 == 0) - 0.5).abs() < 0.03);
        assert!((share(|number| number % 16 == 0) - 0.0625).abs() < 0.02);
    }

    #[test]
    fn few_are_kept_whole_and_long_ones_are_fewer() {
        let mut sample = Sample::default();
        for number in 0..MOST_RECORDS as u64 {
            sample.offer(number, b"x");
        }
        assert_eq!(sample.records().count(), MOST_RECORDS);
        let mut sample = Sample::default();
        let record = vec![b'x'; 20 << 20];
        for number in 0..20 {
            sample.offer(number, &record);
        }
        assert!((1..=3).contains(&sample.records().count()));
    }
}
