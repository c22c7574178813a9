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
    slots: Vec<Slot>,
    table: HashTable<Key>,
}

/// Where a term stands.
#[derive(Clone, Copy, Debug)]
struct Slot {
    start: usize,
    length: u32,
    hash: u32,
}

impl Slot {
    fn of<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start..self.start + self.length as usize]
    }
}

/// A term in the table: 16 bytes, so that the frequent ones of a large vocabulary stay in the nearer caches. Finding a
/// short term touches nothing else, and growing never reads the text again.
#[derive(Clone, Copy, Debug)]
struct Key {
    head: u64,
    id: u32,
    hash: u32,
}

impl Key {
    fn is(&self, head: u64, term: &str, text: &str, slots: &[Slot]) -> bool {
        self.head == head && (term.len() <= HEAD || slots[self.id as usize].of(text) == term)
    }
}

/// Bytes of a term that its head holds; most words are not longer.
const HEAD: usize = 7;

/// The length of a term (255 for all greater ones) and its first [`HEAD`] bytes as a number: terms up to that length with
/// the same head are equal.
#[inline]
fn head(term: &str) -> u64 {
    let bytes = term.as_bytes();
    let word = |at: usize| bytes[at..].first_chunk().map_or(0, |four| u64::from(u32::from_le_bytes(*four)));
    let first = match bytes.len() {
        0 => 0,
        // The first, a middle and the last byte are all there are.
        length @ 1..=3 => u64::from(bytes[0]) | u64::from(bytes[length / 2]) << 8 | u64::from(bytes[length - 1]) << 16,
        // Two words that overlap.
        length @ 4..=HEAD => word(0) | word(length - 4) << (8 * (length - 4)),
        _ => word(0) | word(3) << 24,
    };
    first << 8 | bytes.len().min(255) as u64
}

const SEED: FixedState = FixedState::with_seed(0x6e6c_7066_6c6f_7731);

/// 32 bits of a hash: half of what the table asks for, in half the memory.
fn hash(term: &str) -> u32 {
    let mut hasher = SEED.build_hasher();
    hasher.write(term.as_bytes());
    hasher.finish() as u32
}

/// A hash in whose upper and lower bits the table finds differences.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
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
        self.slots.len()
    }

    /// Whether there is no term.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The term with this id.
    ///
    /// # Panics
    /// When no term has the id.
    #[must_use]
    pub fn term(&self, id: u32) -> &str {
        self.slots[id as usize].of(&self.text)
    }

    /// All terms in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(|slot| slot.of(&self.text))
    }

    /// The id of a term, if it is there.
    #[must_use]
    pub fn get(&self, term: &str) -> Option<u32> {
        let Self { text, slots, table } = self;
        let head = head(term);
        table.find(spread(hash(term)), |key| key.is(head, term, text, slots)).map(|key| key.id)
    }

    /// The id of a term, which is added when it is new.
    ///
    /// # Panics
    /// At the 4,294,967,295th term, whose id is kept for "no term", and at a term of 4 GiB.
    pub fn intern(&mut self, term: &str) -> u32 {
        self.intern_hashed(hash(term), term)
    }

    /// Interns every term of `other` in the order of its ids and returns the id here of each id there.
    ///
    /// Chunks with terms of their own, merged in the order of the chunks, give the ids that one pass over all would.
    pub fn merge(&mut self, other: &Self) -> Vec<u32> {
        other.slots.iter().map(|slot| self.intern_hashed(slot.hash, slot.of(&other.text))).collect()
    }

    fn intern_hashed(&mut self, hash: u32, term: &str) -> u32 {
        let Self { text, slots, table } = self;
        let head = head(term);
        match table.entry(spread(hash), |key| key.is(head, term, text, slots), |key| spread(key.hash)) {
            Entry::Occupied(entry) => entry.get().id,
            Entry::Vacant(entry) => {
                let id = u32::try_from(slots.len()).ok().filter(|&id| id != u32::MAX);
                let id = id.expect("fewer than 2^32 - 1 terms");
                let length = u32::try_from(term.len()).expect("a term of less than 4 GiB");
                slots.push(Slot { start: text.len(), length, hash });
                text.push_str(term);
                entry.insert(Key { head, id, hash });
                id
            }
        }
    }
}
