use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// Distinct strings with ids from 0 in the order of their first appearance.
///
/// The strings stand end to end in one buffer, so a new one costs no allocation of its own. The hash has a fixed seed:
/// ids depend on the order of interning only.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    text: String,
    /// Where each term ends in `text`.
    ends: Vec<usize>,
    /// Kept so that neither growing nor merging reads the strings again.
    hashes: Vec<u64>,
    table: HashTable<u32>,
}

const SEED: FixedState = FixedState::with_seed(0x6e6c_7066_6c6f_7731);

fn hash(term: &str) -> u64 {
    let mut hasher = SEED.build_hasher();
    hasher.write(term.as_bytes());
    hasher.finish()
}

fn slice<'a>(text: &'a str, ends: &[usize], id: u32) -> &'a str {
    let id = id as usize;
    let start = if id == 0 { 0 } else { ends[id - 1] };
    &text[start..ends[id]]
}

impl Terms {
    /// No terms.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of terms.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no term.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The term with this id.
    ///
    /// # Panics
    /// When no term has the id.
    #[must_use]
    pub fn term(&self, id: u32) -> &str {
        slice(&self.text, &self.ends, id)
    }

    /// All terms in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|id| self.term(id))
    }

    /// The id of a term, if it is there.
    #[must_use]
    pub fn get(&self, term: &str) -> Option<u32> {
        self.table.find(hash(term), |&id| self.term(id) == term).copied()
    }

    /// The id of a term, which is added when it is new.
    ///
    /// # Panics
    /// At the 4,294,967,295th term: its id is kept for "no term".
    pub fn intern(&mut self, term: &str) -> u32 {
        self.intern_hashed(hash(term), term)
    }

    /// Interns every term of `other` in the order of its ids and returns the id here of each id there.
    ///
    /// Chunks with terms of their own, merged in the order of the chunks, give the ids that one pass over all would.
    pub fn merge(&mut self, other: &Self) -> Vec<u32> {
        other.iter().zip(&other.hashes).map(|(term, &hash)| self.intern_hashed(hash, term)).collect()
    }

    fn intern_hashed(&mut self, hash: u64, term: &str) -> u32 {
        let Self { text, ends, hashes, table } = self;
        let entry = table.entry(hash, |&id| slice(text, ends, id) == term, |&id| hashes[id as usize]);
        match entry {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let id = u32::try_from(ends.len()).ok().filter(|&id| id != u32::MAX);
                let id = id.expect("fewer than 2^32 - 1 terms");
                entry.insert(id);
                text.push_str(term);
                ends.push(text.len());
                hashes.push(hash);
                id
            }
        }
    }
}
