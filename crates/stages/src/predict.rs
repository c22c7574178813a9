use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{Float32Array, RecordBatch, UInt64Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use nlpflow_matrix::{CsrBuilder, TableFormat, TableWriter};
use nlpflow_model::{Booster, engine};
use nlpflow_source::{BadRows, Documents, EmptyPolicy, NullPolicy, Selection};
use nlpflow_text::{Learned, Recipe, Scratch};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bundle::Bundle;
use crate::corpus::Input;
use crate::features::Weigher;
use crate::scale::scale;
use crate::{Context, Error};

/// A saved model and the table to apply it to.
#[derive(Deserialize)]
pub(crate) struct Options {
    #[serde(flatten)]
    input: Input,
    /// A bundle that the `fit` stage wrote.
    model: PathBuf,
    /// The column that holds the text; by default the one that the model was trained on.
    text: Option<String>,
    /// Use the first trees only.
    trees: Option<u32>,
    /// The format follows from the extension.
    output: PathBuf,
}

/// Predicts every record of the table: a row in, a row out, in the same order.
///
/// A record that cannot be read gives a null prediction. A text is scored by itself, so that the result does not
/// depend on the rows beside it.
pub(crate) fn run(options: &Options, context: &Context) -> Result<Value, Error> {
    let format = TableFormat::of(&options.output)?;
    let bundle = Bundle::read(&options.model)?;
    let trees = options.trees.unwrap_or(bundle.manifest.trees);
    if trees > bundle.manifest.trees || trees == 0 {
        return Err(Error::TooManyTrees { rounds: bundle.manifest.trees, asked: trees });
    }
    // Whatever is wrong with the bundle is found before anything is written.
    let not_a_model = |reason: String| Error::NotAModel { path: options.model.clone(), reason };
    let recipe = Recipe::from_json(&bundle.manifest.recipe).map_err(|error| not_a_model(error.to_string()))?;
    let learned =
        Learned::from_vocabulary(&recipe, bundle.vocabulary).map_err(|error| not_a_model(error.to_string()))?;
    let engine = engine(&bundle.manifest.engine).map_err(|error| not_a_model(error.to_string()))?;
    let booster = engine.load(&bundle.model)?;
    drop(bundle.model); // as many bytes as the booster
    if booster.rounds() < bundle.manifest.trees {
        let reason = format!("it should hold {} trees, and holds {}", bundle.manifest.trees, booster.rounds());
        return Err(not_a_model(reason));
    }
    let tokens = learned.vocabulary().len() as u64;
    if booster.n_cols() != tokens {
        let reason = format!("its vocabulary has {tokens} tokens, its trees were grown on {}", booster.n_cols());
        return Err(not_a_model(reason));
    }
    let scorer = Scorer { learned, recipe: &recipe, booster, trees };

    let reader = options.input.open()?;
    let text = options.text.as_deref().unwrap_or(&bundle.manifest.text);
    let selection = Selection {
        text: reader.column(text)?,
        outcome: None,
        set: None,
        na: NullPolicy::Empty,
        empty: EmptyPolicy::Keep,
        bad_rows: BadRows::Keep,
    };
    let schema: SchemaRef = Arc::new(Schema::new(vec![
        Field::new("row", DataType::UInt64, false),
        Field::new("prediction", DataType::Float32, true),
    ]));
    let mut writer = TableWriter::create(&options.output, format, &schema)?;
    let mut empty_rows = 0;
    let summary = reader.documents(
        &selection,
        |documents: &Documents| scorer.score(documents),
        |documents, scored: Result<Scored, Error>| {
            let Scored { predictions, empty_rows: empty } = scored?;
            empty_rows += empty;
            let rows = UInt64Array::from(documents.records().to_vec());
            let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(rows), Arc::new(predictions)])
                .map_err(|error| Error::Options(error.to_string()))?;
            Ok(writer.write(&batch)?)
        },
        |done, total| context.step(done, total, "bytes"),
    )?;
    let rows = writer.finish()?;
    let first_bad = summary.bad_rows.first();
    Ok(json!({
        "rows": rows,
        "bad_rows": summary.bad,
        "first_bad": first_bad.map(|bad| json!({ "row": bad.row, "line": bad.line, "reason": bad.reason })),
        "empty_rows": empty_rows,
        "trees": trees,
        "recognised": summary.recognised,
        "warnings": summary.warnings,
        "scale": scale(&bundle.manifest.outcome),
    }))
}

/// All that it takes to score texts on several threads.
struct Scorer<'a> {
    learned: Learned,
    recipe: &'a Recipe,
    /// One for all threads.
    booster: Box<dyn Booster>,
    trees: u32,
}

struct Scored {
    predictions: Float32Array,
    /// Texts without a single token of the vocabulary.
    empty_rows: u64,
}

impl Scorer<'_> {
    fn score(&self, documents: &Documents) -> Result<Scored, Error> {
        let mut features = CsrBuilder::new(self.learned.vocabulary().len() as u32, documents.len());
        let mut weigher = Weigher::new(&self.learned);
        let mut scratch = Scratch::default();
        let mut columns = Vec::new();
        let mut empty_rows = 0;
        for index in 0..documents.len() {
            columns.clear();
            self.recipe.tokenizer().tokenize(documents.text(index), &mut scratch, &mut |token| {
                columns.extend(self.learned.column(token));
            });
            let row = weigher.row(columns.iter().copied());
            empty_rows += u64::from(row.is_empty());
            features.push_row(row.iter().copied());
        }
        let features = features.finish()?;
        let predictions = self.booster.predict(&features.view(), 0..self.trees)?;
        let unreadable = |index: usize| documents.is_bad(index);
        let predictions =
            predictions.into_iter().enumerate().map(|(index, value)| (!unreadable(index)).then_some(value)).collect();
        Ok(Scored { predictions, empty_rows })
    }
}
