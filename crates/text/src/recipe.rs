use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::filter::Filter;
use crate::nearest::nearest;
use crate::parameter::Values;
use crate::registry::{Build, STEPS, Step};
use crate::tokenize::Tokenizer;
use crate::weighting::Weighting;
use crate::{Error, Learned, TermCounts, Terms};

/// A tokeniser, any number of filters and one weighting, with checked parameters.
#[derive(Clone, Debug)]
pub struct Recipe {
    tokenizer: Arc<dyn Tokenizer>,
    pub(crate) filters: Vec<Arc<dyn Filter>>,
    pub(crate) weighting: Arc<dyn Weighting>,
    json: Value,
}

/// What the steps are written under that come first.
const TOKENIZE: &str = "tokenize";

impl Recipe {
    /// Reads a list of steps: `"name"` or `{"name": {parameters}}`, the tokeniser as `{"tokenize": "words"}` or
    /// `{"tokenize": {"words": {parameters}}}`; the tokeniser first, one weighting last.
    pub fn from_json(recipe: &Value) -> Result<Self, Error> {
        let invalid = |problem: &str| Err(Error::InvalidRecipe(problem.into()));
        let Some(steps) = recipe.as_array() else {
            return invalid("it must be a list of steps, such as [tokenize: words, tfidf: {}]");
        };
        let (mut tokenizer, mut filters, mut weighting) = (None, Vec::new(), None);
        let mut json = Vec::with_capacity(steps.len());
        for (index, written) in steps.iter().enumerate() {
            let position = index + 1;
            let written = Written::read(position, written)?;
            let problem = |problem| Error::InvalidStep { position, step: written.step.name.into(), problem };
            let values = Values::check(written.step.parameters, &written.parameters).map_err(problem)?;
            if weighting.is_some() {
                return Err(problem("nothing may follow the weighting: move this step before it".into()));
            }
            match &written.step.build {
                Build::Tokenizer(_) if index > 0 => {
                    return Err(problem("the tokeniser must be the first step, and there is one only".into()));
                }
                Build::Tokenizer(build) => tokenizer = Some(build(&values).map_err(problem)?),
                _ if tokenizer.is_none() => {
                    return Err(problem(
                        "the first step must be the tokeniser: put `tokenize: words` before it".into(),
                    ));
                }
                Build::Filter(build) => filters.push(build(&values).map_err(problem)?),
                Build::Weighting(build) => weighting = Some(build(&values).map_err(problem)?),
            }
            json.push(written.to_json(&values));
        }
        match (tokenizer, weighting) {
            (Some(tokenizer), Some(weighting)) => Ok(Self { tokenizer, filters, weighting, json: Value::Array(json) }),
            (None, _) => invalid("it is empty: the first step must be the tokeniser, `tokenize: words`"),
            (_, None) => {
                let weightings = names(|step| matches!(step.build, Build::Weighting(_))).join(", ");
                invalid(&format!("its last step must be a weighting ({weightings})"))
            }
        }
    }

    /// The recipe in its one form: every step as an object, every parameter with its value.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.json.clone()
    }

    /// The first step.
    #[must_use]
    pub fn tokenizer(&self) -> &dyn Tokenizer {
        &*self.tokenizer
    }

    /// Learns vocabulary and weights from the counts of the analysis rows, and from nothing else.
    pub fn learn(&self, terms: &Terms, counts: &TermCounts) -> Result<Learned, Error> {
        Learned::learn(self, terms, counts)
    }

    /// Whether this recipe can give a value below 0, whatever it learns.
    #[must_use]
    pub fn can_be_negative(&self) -> bool {
        self.weighting.can_be_negative()
    }
}

/// The names of some steps as they are written in a recipe.
fn names(which: impl Fn(&Step) -> bool) -> Vec<&'static str> {
    STEPS.iter().filter(|step| which(step)).map(|step| step.name).collect()
}

/// A step as the recipe has it.
struct Written {
    step: &'static Step,
    parameters: Map<String, Value>,
}

impl Written {
    fn read(position: usize, written: &Value) -> Result<Self, Error> {
        let (name, value) = name_and_value(position, "a step", written)?;
        if name != TOKENIZE {
            return Self::find(position, name, value, false);
        }
        if value.is_null() {
            let problem = format!("say by what: `tokenize: words` (known: {})", names(is_tokenizer).join(", "));
            return Err(Error::InvalidStep { position, step: TOKENIZE.into(), problem });
        }
        let (name, value) = name_and_value(position, "the tokeniser", value)?;
        Self::find(position, name, value, true)
    }

    /// Finds the step among the tokenisers, which stand under [`TOKENIZE`], or among the others.
    fn find(position: usize, name: &str, value: &Value, tokenizer: bool) -> Result<Self, Error> {
        let Some(step) = STEPS.iter().find(|step| step.name == name && is_tokenizer(step) == tokenizer) else {
            let mut known = names(|step| is_tokenizer(step) == tokenizer);
            if !tokenizer {
                known.insert(0, TOKENIZE);
            }
            let nearest = if names(is_tokenizer).contains(&name) {
                format!("; it is a tokeniser: write `{TOKENIZE}: {name}`")
            } else {
                nearest(name, known.iter().copied())
            };
            return Err(Error::UnknownStep { position, name: name.into(), known: known.join(", "), nearest });
        };
        match value {
            Value::Object(parameters) => Ok(Self { step, parameters: parameters.clone() }),
            Value::Null => Ok(Self { step, parameters: Map::new() }),
            other => Err(Error::InvalidStep {
                position,
                step: name.into(),
                problem: format!("its parameters must be names with values, not {other}"),
            }),
        }
    }

    fn to_json(&self, values: &Values) -> Value {
        let step = json!({ self.step.name: values.to_json() });
        if is_tokenizer(self.step) { json!({ TOKENIZE: step }) } else { step }
    }
}

fn is_tokenizer(step: &Step) -> bool {
    matches!(step.build, Build::Tokenizer(_))
}

/// `"name"` or `{"name": value}`.
fn name_and_value<'a>(position: usize, what: &str, written: &'a Value) -> Result<(&'a str, &'a Value), Error> {
    let mut entries = written.as_object().into_iter().flatten();
    match (written, entries.next(), entries.next()) {
        (Value::String(name), ..) => Ok((name, &Value::Null)),
        (_, Some((name, value)), None) => Ok((name, value)),
        _ => Err(Error::InvalidRecipe(format!(
            "step {position}: {what} is a name, or one name with its parameters, not {written}"
        ))),
    }
}
