use crate::value::trim;

/// The values that pandas takes for a missing one when it reads a table, but the empty field, which is always one.
///
/// Source: `pandas._libs.parsers.STR_NA_VALUES`.
const PANDAS: [&str; 18] = [
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL",
    "NaN", "None", "n/a", "nan", "null",
];

/// The one value that stands for a missing text where nothing else is said: as R writes it. `null` and `None` are words.
const TEXT: [&str; 1] = ["NA"];

/// Which values stand for a missing one: the usual ones, and those that the caller names.
#[derive(Clone, Debug)]
pub(crate) struct Missing {
    values: Vec<Vec<u8>>,
    texts: Vec<Vec<u8>>,
    /// The bytes of the longest one: most fields are longer, and need no look.
    longest: usize,
}

impl Missing {
    pub(crate) fn new(named: &[String]) -> Self {
        // An empty value is missing anyway, unless it is a text.
        let named = named.iter().map(|value| trim(value)).filter(|value| !value.is_empty());
        let with = |usual: &[&str]| -> Vec<Vec<u8>> {
            let usual = usual.iter().map(|value| value.as_bytes().to_vec());
            usual.chain(named.clone().map(|value| value.as_bytes().to_vec())).collect()
        };
        let (values, texts) = (with(&PANDAS), with(&TEXT));
        let longest = values.iter().map(Vec::len).max().unwrap_or(0);
        Self { values, texts, longest }
    }

    /// Whether a trimmed value that is not empty stands for a missing text.
    pub(crate) fn contains_text(&self, value: &[u8]) -> bool {
        value.len() <= self.longest && self.texts.iter().any(|known| known == value)
    }

    /// Whether a trimmed value that is not empty stands for a missing one in a column of numbers or labels.
    pub(crate) fn contains(&self, value: &[u8]) -> bool {
        value.len() <= self.longest && self.values.iter().any(|known| known == value)
    }
}

#[cfg(test)]
mod tests {
    use super::Missing;

    #[test]
    fn values_that_are_named_are_added_to_those_of_pandas() {
        let usual = Missing::new(&[]);
        assert!(["NA", "NaN", "null", "N/A", "None", "#N/A"].iter().all(|value| usual.contains(value.as_bytes())));
        assert!(["-", "na", "missing", "NULLS"].iter().all(|value| !usual.contains(value.as_bytes())));
        assert!(usual.contains_text(b"NA") && !usual.contains_text(b"null"));
        let more = Missing::new(&["-".into(), " k. A. ".into()]);
        assert!(["-", "k. A.", "NA"].iter().all(|value| more.contains(value.as_bytes())));
        assert!(more.contains_text(b"-") && !more.contains_text(b"null"));
    }
}
