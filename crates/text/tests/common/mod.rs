//! Texts through a recipe by the crate's public functions.
#![allow(dead_code, reason = "each test file uses its part")]

use nlpflow_text::{Error, Learned, Recipe, Scratch, TermCounts, Terms};
use serde_json::Value;

pub struct Corpus {
    pub terms: Terms,
    pub documents: Vec<Vec<u32>>,
}

impl Corpus {
    pub fn new(recipe: &Recipe, texts: &[&str]) -> Self {
        let (mut terms, mut scratch) = (Terms::new(), Scratch::default());
        let mut document = |text: &&str| {
            let mut ids = Vec::new();
            recipe.tokenizer().tokenize(text, &mut scratch, &mut |token| ids.push(terms.intern(token)));
            ids
        };
        let documents = texts.iter().map(&mut document).collect();
        Self { terms, documents }
    }

    pub fn counts(&self, which: impl Fn(usize) -> bool) -> TermCounts {
        let documents = self.documents.iter().enumerate().filter(|(index, _)| which(*index));
        TermCounts::from_documents(self.terms.len(), documents.map(|(_, document)| document.as_slice()))
    }

    pub fn row(&self, learned: &Learned, index: usize) -> Vec<(u32, f32)> {
        let columns = learned.column_of_term(&self.terms);
        let mut columns: Vec<u32> = self.documents[index].iter().map(|&id| columns[id as usize]).collect();
        columns.retain(|&column| column != u32::MAX);
        columns.sort_unstable();
        let counts: Vec<_> = columns.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u32)).collect();
        let mut row = Vec::new();
        learned.weigh(&counts, &mut row);
        row
    }
}

pub fn recipe(json: &Value) -> Recipe {
    Recipe::from_json(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

pub fn learn(recipe: &Recipe, texts: &[&str]) -> Result<(Corpus, Learned), Error> {
    let corpus = Corpus::new(recipe, texts);
    let learned = recipe.learn(&corpus.terms, &corpus.counts(|_| true))?;
    Ok((corpus, learned))
}

pub fn vocabulary(learned: &Learned) -> Vec<&str> {
    learned.vocabulary().iter().map(|entry| entry.token.as_str()).collect()
}

pub fn tokens(recipe: &Recipe, text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    recipe.tokenizer().tokenize(text, &mut Scratch::default(), &mut |token| tokens.push(token.to_owned()));
    tokens
}
