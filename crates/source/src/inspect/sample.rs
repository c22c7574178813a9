use std::ops::Range;

/// Records that are kept at most.
const MOST_RECORDS: usize = 8_000;
/// Bytes of records that are kept at most, unless a single one is larger.
const MOST_BYTES: usize = 64 << 20;

/// Records evenly spread over all that were offered: every one, then every second, then every fourth as they get many.
///
/// Which ones depends on their numbers and sizes alone.
pub(super) struct Sample {
    stride: u64,
    records: Vec<(u64, Box<[u8]>)>,
    bytes: usize,
}

impl Default for Sample {
    fn default() -> Self {
        Self { stride: 1, records: Vec::new(), bytes: 0 }
    }
}

impl Sample {
    /// Whether a record with one of these numbers may be kept.
    pub(super) fn wants_one_of(&self, numbers: Range<u64>) -> bool {
        numbers.start.next_multiple_of(self.stride) < numbers.end
    }

    /// Takes the record with the next number.
    pub(super) fn offer(&mut self, number: u64, record: &[u8]) {
        if !number.is_multiple_of(self.stride) {
            return;
        }
        self.records.push((number, record.into()));
        self.bytes += record.len();
        while self.records.len() > MOST_RECORDS || (self.bytes > MOST_BYTES && self.records.len() > 1) {
            self.stride *= 2;
            let stride = self.stride;
            self.records.retain(|(number, _)| number.is_multiple_of(stride));
            self.bytes = self.records.iter().map(|(_, record)| record.len()).sum();
        }
    }

    /// The records with their numbers, in their order.
    pub(super) fn records(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.records.iter().map(|(number, record)| (*number, &**record))
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_RECORDS, Sample};

    #[test]
    fn is_spread_over_all_that_was_offered() {
        let mut sample = Sample::default();
        for number in 0..100_000 {
            if sample.wants_one_of(number..number + 1) {
                sample.offer(number, b"x");
            }
        }
        let numbers: Vec<u64> = sample.records().map(|(number, _)| number).collect();
        assert!((MOST_RECORDS / 2..=MOST_RECORDS).contains(&numbers.len()));
        assert_eq!(numbers, (0..100_000).step_by(16).collect::<Vec<_>>());
    }

    #[test]
    fn long_records_are_fewer() {
        let mut sample = Sample::default();
        let record = vec![b'x'; 20 << 20];
        for number in 0..20 {
            sample.offer(number, &record);
        }
        assert_eq!(sample.records().map(|(number, _)| number).collect::<Vec<_>>(), [0, 8, 16]);
    }
}
