//! Speed of the word tokeniser: `cargo run --release -p nlpflow-text --example words_speed -- FILE [ROUNDS]`.
//!
//! Each line of the file is a document. Prints MB/s of text for tokenising alone and with interning, one thread.
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::Instant;

use nlpflow_text::{Recipe, Scratch, Terms};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which file?")?;
    let rounds: usize = arguments.next().map_or(Ok(5), |rounds| rounds.parse())?;
    let text = std::fs::read_to_string(&path)?;
    let recipe = Recipe::from_json(&serde_json::json!([{ "tokenize": "words" }, "tf"]))?;
    let mut scratch = Scratch::default();
    for _ in 0..rounds {
        let (start, mut tokens, mut bytes) = (Instant::now(), 0_u64, 0);
        for line in text.lines() {
            bytes += line.len();
            recipe.tokenizer().tokenize(line, &mut scratch, &mut |token| {
                black_box(token);
                tokens += 1;
            });
        }
        let tokenised = bytes as f64 / start.elapsed().as_secs_f64() / 1e6;

        let (start, mut terms, mut ids) = (Instant::now(), Terms::new(), Vec::new());
        for line in text.lines() {
            recipe.tokenizer().tokenize(line, &mut scratch, &mut |token| ids.push(terms.intern(token)));
        }
        let interned = bytes as f64 / start.elapsed().as_secs_f64() / 1e6;
        println!(
            "{tokens} tokens, {} distinct, {bytes} bytes: tokenise {tokenised:.0} MB/s, and intern {interned:.0} MB/s",
            terms.len()
        );
    }
    Ok(())
}
