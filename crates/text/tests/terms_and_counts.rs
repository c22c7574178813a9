//! Ids do not depend on chunks, counts not on how they were come by.

use nlpflow_text::{TermCounts, Terms};
use proptest::collection::vec;
use proptest::prelude::*;

const TERMS: usize = 12;

fn documents() -> impl Strategy<Value = Vec<Vec<u32>>> {
    vec(vec(0..TERMS as u32, 0..8), 0..30)
}

fn count<'a>(documents: impl IntoIterator<Item = &'a Vec<u32>>) -> TermCounts {
    TermCounts::from_documents(TERMS, documents.into_iter().map(Vec::as_slice))
}

proptest! {
    #[test]
    fn ids_are_those_of_one_pass_for_any_chunks(words in vec("[a-cé]{0,3}", 0..80), size in 1..20_usize) {
        let mut whole = Terms::new();
        let expected: Vec<u32> = words.iter().map(|word| whole.intern(word)).collect();
        let (mut merged, mut ids) = (Terms::new(), Vec::new());
        for chunk in words.chunks(size) {
            let mut local = Terms::new();
            let chunk: Vec<u32> = chunk.iter().map(|word| local.intern(word)).collect();
            let global = merged.merge(&local);
            ids.extend(chunk.into_iter().map(|id| global[id as usize]));
        }
        prop_assert_eq!(&ids, &expected);
        prop_assert_eq!(merged.iter().collect::<Vec<_>>(), whole.iter().collect::<Vec<_>>());
        for (word, &id) in words.iter().zip(&ids) {
            prop_assert_eq!(merged.term(id), word.as_str());
            prop_assert_eq!(merged.get(word), Some(id));
        }
        prop_assert_eq!(merged.get("zzzz"), None);
    }

    #[test]
    fn counts_are_what_a_plain_count_gives(documents in documents()) {
        let counts = count(&documents);
        prop_assert_eq!(counts.documents, documents.len() as u64);
        for term in 0..TERMS {
            let n = documents.iter().flatten().filter(|&&id| id as usize == term).count() as u64;
            let df = documents.iter().filter(|document| document.contains(&(term as u32))).count() as u64;
            prop_assert_eq!((counts.n[term], counts.df[term]), (n, df));
        }
    }

    #[test]
    fn the_total_less_a_fold_is_what_the_others_count(documents in documents(), folds in 2..6_usize) {
        for fold in 0..folds {
            let part = |own: bool| {
                let which = documents.iter().enumerate().filter(move |(row, _)| (row % folds == fold) == own);
                count(which.map(|(_, document)| document))
            };
            let mut rest = count(&documents);
            rest.subtract(&part(true)).expect("the fold is part of the total");
            prop_assert_eq!(&rest, &part(false));
            rest.add(&part(true));
            prop_assert_eq!(&rest, &count(&documents));
        }
    }
}

#[test]
fn counts_grow_with_the_terms() {
    let mut counts = TermCounts::new(0);
    counts.add_document(&[3, 1, 3]);
    assert_eq!((counts.n.as_slice(), counts.df.as_slice()), (&[0, 1, 0, 2][..], &[0, 1, 0, 1][..]));
}

#[test]
fn counts_that_are_not_in_cannot_be_taken_away() {
    let mut counts = TermCounts::from_documents(2, [&[0_u32, 1][..], &[0]]);
    let before = counts.clone();
    for other in [&[1_u32, 1][..], &[2]] {
        let error = counts.subtract(&TermCounts::from_documents(3, [other])).expect_err("an underflow");
        assert_eq!(error.code(), "COUNT_UNDERFLOW");
        assert!(error.to_string().contains(&format!("term {}", other[0])), "{error}");
        assert_eq!(counts, before);
    }
    let more = TermCounts::from_documents(2, [&[][..]; 3]);
    assert!(counts.subtract(&more).is_err_and(|error| error.to_string().contains("documents")));
}
