use std::collections::HashMap;

use crate::dialect::NumberFormat;
use crate::expression::{BoundExpression, ComparisonKind, Slot};
use crate::{Error, ReadOptions, Reader};

/// What the columns of an outcome hold, over all records that can be read.
pub(crate) struct Findings {
    pub(crate) columns: Vec<String>,
    slots: Vec<Found>,
}

/// What one slot's column holds, read as the slot reads it.
pub(crate) enum Found {
    Texts(Texts),
    Numbers(Numbers),
}

/// The texts of a column.
#[derive(Default)]
pub(crate) struct Texts {
    /// Rows of each value.
    pub(crate) counts: HashMap<String, u64>,
    /// Rows with NA outside quotes.
    pub(crate) na: u64,
    bytes: usize,
}

/// The numbers of a column.
#[derive(Default)]
pub(crate) struct Numbers {
    pub(crate) range: Option<(f64, f64)>,
    /// For each number that the column is compared with, the nearest ones and their rows, the nearest first.
    near: Vec<(f64, Vec<(f64, u64)>)>,
}

/// Values are kept up to so many bytes of them: a column with more holds no labels.
const MAX_BYTES: usize = 64 << 20;
/// Numbers that are shown beside the one that is missing.
const NEAREST: usize = 3;

impl Findings {
    pub(crate) fn read(options: &ReadOptions, outcome: &BoundExpression) -> Result<Self, Error> {
        let mut reader = Reader::open(options)?;
        let mut slots: Vec<Found> = (0..outcome.slots().len()).map(|slot| Found::new(outcome, slot)).collect();
        let mut parser = reader.dialect.parser();
        let mut next = Some(reader.first);
        while let Some(chunk) = next {
            let mut at = chunk.start;
            while let Some(record) = parser.next(&chunk.bytes, at) {
                at = record.end;
                if reader.dialect.misfits(&record, &reader.columns) {
                    continue;
                }
                for (slot, found) in outcome.slots().iter().zip(&mut slots) {
                    let column = slot.column();
                    found.add(record.value(column), record.is_missing(column), &reader.dialect.numbers);
                }
            }
            next = reader.chunks.next(chunk.bytes)?;
        }
        Ok(Self { columns: reader.columns, slots })
    }

    pub(crate) fn slot(&self, slot: usize) -> &Found {
        &self.slots[slot]
    }
}

impl Found {
    fn new(outcome: &BoundExpression, slot: usize) -> Self {
        if matches!(outcome.slots()[slot], Slot::Equals { .. }) {
            return Self::Texts(Texts::default());
        }
        let compared = outcome.comparisons().iter().filter_map(|comparison| match comparison.kind {
            ComparisonKind::EqualNumbers(Some((of, wanted))) if of == slot => Some((wanted, Vec::new())),
            _ => None,
        });
        Self::Numbers(Numbers { range: None, near: compared.collect() })
    }

    fn add(&mut self, value: &[u8], is_na: bool, format: &NumberFormat) {
        match self {
            Self::Texts(texts) => texts.add(value, is_na),
            Self::Numbers(numbers) => {
                if let Some(value) = format.parse(value).filter(|value| value.is_finite()) {
                    numbers.add(value);
                }
            }
        }
    }
}

impl Texts {
    fn add(&mut self, value: &[u8], is_na: bool) {
        self.na += u64::from(is_na);
        let Ok(value) = std::str::from_utf8(value) else { return };
        if value.is_empty() || is_na {
            return;
        }
        if let Some(rows) = self.counts.get_mut(value) {
            *rows += 1;
        } else if self.bytes < MAX_BYTES {
            self.bytes += value.len() + size_of::<(String, u64)>();
            self.counts.insert(value.to_owned(), 1);
        }
    }

    /// The values that most rows have.
    pub(crate) fn most(&self, length: usize) -> Vec<(&str, u64)> {
        let mut all: Vec<(&str, u64)> = self.counts.iter().map(|(value, rows)| (value.as_str(), *rows)).collect();
        all.sort_unstable_by(|(a, m), (b, n)| n.cmp(m).then(a.cmp(b)));
        all.truncate(length);
        all
    }
}

impl Numbers {
    fn add(&mut self, value: f64) {
        let (min, max) = self.range.unwrap_or((value, value));
        self.range = Some((min.min(value), max.max(value)));
        for (wanted, near) in &mut self.near {
            #[expect(clippy::float_cmp, reason = "the very same number")]
            if let Some((_, rows)) = near.iter_mut().find(|(known, _)| *known == value) {
                *rows += 1;
                continue;
            }
            // What is among the nearest of all was so when it came, and is never pushed out: its count is whole.
            let distance = (value - *wanted).abs();
            let place = near.partition_point(|(known, _)| (known - *wanted).abs() <= distance);
            if place < NEAREST {
                near.insert(place, (value, 1));
                near.truncate(NEAREST);
            }
        }
    }

    /// The numbers nearest to one that the column is compared with.
    pub(crate) fn nearest(&self, wanted: f64) -> &[(f64, u64)] {
        let of = self.near.iter().find(|(number, _)| number.to_bits() == wanted.to_bits());
        of.map_or(&[], |(_, near)| near)
    }
}
