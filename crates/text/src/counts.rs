use crate::Error;

/// How often each term occurs in some set of documents, and in how many of them; the index is the term's id.
///
/// Counts are integers: those of a fold's analysis rows are the total less the fold's own, without any loss.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TermCounts {
    /// The number of documents, those without tokens included.
    pub documents: u64,
    /// Occurrences of each term.
    pub n: Vec<u64>,
    /// Documents that hold each term.
    pub df: Vec<u64>,
}

impl TermCounts {
    /// Zero for each of `terms` terms.
    #[must_use]
    pub fn new(terms: usize) -> Self {
        Self { documents: 0, n: vec![0; terms], df: vec![0; terms] }
    }

    /// The counts of documents given as term ids.
    pub fn from_documents<'a>(terms: usize, documents: impl IntoIterator<Item = &'a [u32]>) -> Self {
        let mut counts = Self::new(terms);
        for document in documents {
            counts.add_document(document);
        }
        counts
    }

    /// Adds a document; the counts grow when it holds a term beyond them.
    pub fn add_document(&mut self, document: &[u32]) {
        self.documents += 1;
        let mut ids = document.to_vec();
        ids.sort_unstable();
        if let Some(&last) = ids.last() {
            self.grow(last as usize + 1);
        }
        for run in ids.chunk_by(|a, b| a == b) {
            self.n[run[0] as usize] += run.len() as u64;
            self.df[run[0] as usize] += 1;
        }
    }

    /// Adds the counts of other documents under the same ids.
    pub fn add(&mut self, other: &Self) {
        self.documents += other.documents;
        self.grow(other.n.len());
        for (sum, more) in self.n.iter_mut().zip(&other.n).chain(self.df.iter_mut().zip(&other.df)) {
            *sum += more;
        }
    }

    /// Takes away the counts of documents that are in; an error, and nothing changed, when they cannot be.
    pub fn subtract(&mut self, other: &Self) -> Result<(), Error> {
        let underflow = |what: String, from, less| Err(Error::CountUnderflow { what, from, less });
        if self.documents < other.documents {
            return underflow("the number of documents".into(), self.documents, other.documents);
        }
        for (name, ours, theirs) in [("occurrences", &self.n, &other.n), ("documents", &self.df, &other.df)] {
            for (term, &less) in theirs.iter().enumerate() {
                let from = ours.get(term).copied().unwrap_or(0);
                if from < less {
                    return underflow(format!("the {name} of term {term}"), from, less);
                }
            }
        }
        self.documents -= other.documents;
        for (rest, less) in self.n.iter_mut().zip(&other.n).chain(self.df.iter_mut().zip(&other.df)) {
            *rest -= less;
        }
        Ok(())
    }

    fn grow(&mut self, terms: usize) {
        if terms > self.n.len() {
            self.n.resize(terms, 0);
            self.df.resize(terms, 0);
        }
    }
}
