use std::collections::BTreeSet;

use nlpflow_source::{BadRows, Documents, EmptyPolicy, Expression, NullPolicy, Selection};
use nlpflow_text::{Recipe, Scratch, TermCounts, Terms};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::corpus::Input;
use crate::features::Weigher;
use crate::{Context, Error};

/// Rows of a table to look at through a recipe.
#[derive(Deserialize)]
pub(crate) struct Options {
    #[serde(flatten)]
    input: Input,
    text: String,
    /// Rows without an outcome are left out, as in a run.
    outcome: String,
    na: NullPolicy,
    empty: EmptyPolicy,
    max_bad_rows: f64,
    /// The whole recipe, the tokeniser first.
    recipe: Value,
    /// How many rows to show, from the first.
    n: usize,
    /// Show these record numbers instead.
    rows: Option<BTreeSet<u64>>,
}

/// What each step of the recipe does to some rows, when it has learned from all rows of the table.
pub(crate) fn run(options: &Options, context: &Context) -> Result<Value, Error> {
    let recipe = Recipe::from_json(&options.recipe)?;
    let reader = options.input.open()?;
    let selection = Selection {
        text: reader.column(&options.text)?,
        outcome: Some(reader.bind(&Expression::parse(&options.outcome)?)?),
        set: None,
        na: options.na,
        empty: options.empty,
        bad_rows: BadRows::Skip { max_share: options.max_bad_rows },
    };
    let mut terms = Terms::new();
    let mut counts = TermCounts::new(0);
    let mut shown = Vec::new();
    reader.documents(
        &selection,
        |documents: &Documents| {
            let mut chunk = Terms::new();
            let mut scratch = Scratch::default();
            let ids = |index| {
                let mut ids = Vec::new();
                let mut token = |token: &str| ids.push(chunk.intern(token));
                recipe.tokenizer().tokenize(documents.text(index), &mut scratch, &mut token);
                ids
            };
            let ids: Vec<Vec<u32>> = (0..documents.len()).map(ids).collect();
            (chunk, ids)
        },
        |documents, (chunk, ids): (Terms, Vec<Vec<u32>>)| {
            let global = terms.merge(&chunk);
            for (index, ids) in ids.into_iter().enumerate() {
                let ids: Vec<u32> = ids.into_iter().map(|id| global[id as usize]).collect();
                counts.add_document(&ids);
                let row = documents.records()[index];
                let wanted = options.rows.as_ref().map_or(shown.len() < options.n, |rows| rows.contains(&row));
                if wanted {
                    shown.push((row, documents.text(index).to_owned(), ids));
                }
            }
            Ok(())
        },
        |done, total| context.step(done, total, "bytes"),
    )?;
    let learned = recipe.learn(&terms, &counts)?;
    let column_of_term = learned.column_of_term(&terms);
    let mut weigher = Weigher::new(&learned);
    let explain = |(row, text, ids): (u64, String, Vec<u32>)| {
        let steps = learned.explain(&terms, &ids);
        let entries = weigher.row(ids.iter().map(|&id| column_of_term[id as usize]));
        let value = |&(column, value): &(u32, f32)| json!({ "token": learned.vocabulary()[column as usize].token, "value": value });
        let values: Vec<Value> = entries.iter().map(value).collect();
        json!({ "row": row, "text": text, "steps": steps, "values": values })
    };
    Ok(json!({ "rows": shown.into_iter().map(explain).collect::<Vec<_>>() }))
}
