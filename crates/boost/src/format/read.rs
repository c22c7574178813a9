//! Reading a saved model: each tree becomes nodes as it is met, so that little more than the model is held at any time.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};

use super::number::Whole;
use super::tree::SavedTree;
use super::ubj::Reader;
use crate::{Error, Model, Objective, Tree};

/// More classes than any model has: a broken file asks for no memory.
const MOST_CLASSES: usize = 1 << 16;

#[derive(Deserialize)]
struct Saved {
    learner: Learner,
}

#[derive(Deserialize)]
#[allow(clippy::struct_field_names, reason = "names of XGBoost's format")]
struct Learner {
    #[serde(default)]
    feature_names: Vec<String>,
    gradient_booster: Booster,
    learner_model_param: Parameters,
    objective: SavedObjective,
}

#[derive(Deserialize)]
struct Booster {
    name: String,
    model: Body,
}

/// What the booster holds; that of another kind of booster has other fields, and is refused by its name.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    gbtree_model_param: Option<TreeParameters>,
    tree_info: Vec<Whole>,
    #[serde(deserialize_with = "trees")]
    trees: Vec<Tree>,
}

#[derive(Deserialize)]
struct TreeParameters {
    num_parallel_tree: String,
}

#[derive(Deserialize)]
struct Parameters {
    base_score: String,
    num_feature: String,
    num_target: Option<String>,
}

/// An objective with the sections of parameters that some have.
#[derive(Deserialize)]
struct SavedObjective {
    name: String,
    #[serde(default)]
    reg_loss_param: Section,
    #[serde(default)]
    pseudo_huber_param: Section,
    #[serde(default)]
    quantile_loss_param: Section,
    #[serde(default)]
    softmax_multiclass_param: Section,
    #[serde(default)]
    poisson_regression_param: Section,
    #[serde(default)]
    tweedie_regression_param: Section,
}

/// Parameters by name; their values are texts.
type Section = HashMap<String, String>;

/// Reads either format; the binary one begins with `{L`, which no JSON text does.
pub(crate) fn read(bytes: &[u8]) -> Result<Model, Error> {
    let saved = if bytes.starts_with(b"{L") {
        let mut reader = Reader::new(bytes);
        Saved::deserialize(&mut reader)
            .and_then(|saved| reader.end().map(|()| saved))
            .map_err(|error| wrong(error.to_string()))
    } else {
        serde_json::from_slice(&quote_words(bytes)).map_err(|error| wrong(error.to_string()))
    };
    model(saved?.learner)
}

/// XGBoost writes numbers that are not finite as bare words, which JSON does not know: here they become texts.
fn quote_words(bytes: &[u8]) -> Cow<'_, [u8]> {
    const WORDS: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
    if !WORDS[1..].iter().any(|word| bytes.windows(word.len()).any(|window| window == *word)) {
        return Cow::Borrowed(bytes);
    }
    let mut quoted = Vec::with_capacity(bytes.len() + 64);
    let (mut at, mut in_text) = (0, false);
    while let Some(&byte) = bytes.get(at) {
        if !in_text && let Some(word) = WORDS.into_iter().find(|word| bytes[at..].starts_with(word)) {
            quoted.push(b'"');
            quoted.extend(word);
            quoted.push(b'"');
            at += word.len();
            continue;
        }
        in_text ^= byte == b'"';
        // What is escaped in a text ends nothing.
        let step = if in_text && byte == b'\\' { 2 } else { 1 };
        quoted.extend(bytes[at..].iter().take(step));
        at += step;
    }
    Cow::Owned(quoted)
}

fn wrong(message: impl Into<String>) -> Error {
    Error::InvalidModel(message.into())
}

/// Turns each tree into nodes before the next is read.
fn trees<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Tree>, D::Error> {
    struct Trees;
    impl<'de> Visitor<'de> for Trees {
        type Value = Vec<Tree>;
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a list of trees")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Tree>, A::Error> {
            let mut trees = Vec::new();
            while let Some(saved) = list.next_element::<SavedTree>()? {
                trees.push(Tree::try_from(saved).map_err(A::Error::custom)?);
            }
            Ok(trees)
        }
    }
    deserializer.deserialize_any(Trees)
}

fn model(learner: Learner) -> Result<Model, Error> {
    let Learner { feature_names, gradient_booster, learner_model_param: parameters, objective: saved } = learner;
    if gradient_booster.name != "gbtree" {
        return Err(wrong(format!("its booster is {}, not gbtree", gradient_booster.name)));
    }
    if let Some(targets) = parameters.num_target.filter(|targets| targets != "1") {
        return Err(wrong(format!("it has {targets} outcomes")));
    }
    let n_cols: u32 = number(&parameters.num_feature, "num_feature")?;
    let objective = objective(&saved)?;
    let base_scores = base_scores(&parameters.base_score, objective)?;
    let scale_pos_weight = match saved.reg_loss_param.get("scale_pos_weight") {
        Some(weight) => number(weight, "scale_pos_weight")?,
        None => 1.0,
    };
    let Body { gbtree_model_param, tree_info, trees } = gradient_booster.model;
    if gbtree_model_param.is_none_or(|parameters| parameters.num_parallel_tree != "1") {
        return Err(wrong("its rounds have several trees"));
    }
    let groups = base_scores.len();
    let in_turn = |(index, group): (usize, &Whole)| group.0 == (index % groups) as i64;
    if trees.len() % groups != 0 || tree_info.len() != trees.len() || !tree_info.iter().enumerate().all(in_turn) {
        return Err(wrong("its trees do not belong to the classes in turn"));
    }
    if let Some(node) = trees.iter().flat_map(Tree::nodes).find(|node| node.column >= n_cols) {
        return Err(wrong(format!("a tree splits column {} of {n_cols}", node.column)));
    }
    if !feature_names.is_empty() && feature_names.len() != n_cols as usize {
        return Err(wrong(format!("it has {} names for {n_cols} columns", feature_names.len())));
    }
    Ok(Model { objective, scale_pos_weight, base_scores, n_cols, trees, feature_names })
}

/// One for each group of trees, and each a prediction that the objective can make.
fn base_scores(text: &str, objective: Objective) -> Result<Vec<f32>, Error> {
    let mut base_scores = numbers(text, "base_score")?;
    if base_scores.len() == 1 {
        base_scores.resize(objective.groups().min(MOST_CLASSES), base_scores[0]);
    }
    if base_scores.len() != objective.groups() {
        return Err(wrong(format!("it has {} base scores for {} classes", base_scores.len(), objective.groups())));
    }
    match base_scores.iter().find(|score| !objective.margin(**score).is_finite()) {
        Some(score) => Err(wrong(format!("`base_score` is {score}, which {} cannot predict", objective.name()))),
        None => Ok(base_scores),
    }
}

fn objective(saved: &SavedObjective) -> Result<Objective, Error> {
    let text = |section: &Section, name: &str| {
        section.get(name).cloned().ok_or_else(|| wrong(format!("its objective has no `{name}`")))
    };
    let parameter = |section: &Section, name: &str| -> Result<f32, Error> {
        let number = number(&text(section, name)?, name)?;
        if f32::is_finite(number) { Ok(number) } else { Err(wrong(format!("`{name}` is {number}"))) }
    };
    Ok(match saved.name.as_str() {
        "reg:squarederror" => Objective::SquaredError,
        "reg:squaredlogerror" => Objective::SquaredLog,
        "reg:pseudohubererror" => {
            Objective::PseudoHuber { slope: parameter(&saved.pseudo_huber_param, "huber_slope")? }
        }
        "reg:absoluteerror" => Objective::Absolute,
        "reg:quantileerror" => {
            match numbers(&text(&saved.quantile_loss_param, "quantile_alpha")?, "quantile_alpha")?[..] {
                [alpha] => Objective::Quantile { alpha },
                _ => return Err(wrong("it predicts several quantiles")),
            }
        }
        "multi:softprob" => {
            let classes = parameter(&saved.softmax_multiclass_param, "num_class")? as u32;
            let objective = Objective::Softprob { classes };
            objective.check().map_err(|error| wrong(error.to_string()))?;
            objective
        }
        "binary:logistic" => Objective::Logistic,
        "reg:gamma" => Objective::Gamma,
        "count:poisson" => {
            Objective::Poisson { max_delta_step: parameter(&saved.poisson_regression_param, "max_delta_step")? }
        }
        "reg:tweedie" => {
            Objective::Tweedie { power: parameter(&saved.tweedie_regression_param, "tweedie_variance_power")? }
        }
        name => return Err(wrong(format!("its objective {name} is not known here"))),
    })
}

/// A list as XGBoost prints it: `[1E0,2E0]`, or one number.
fn numbers(text: &str, name: &str) -> Result<Vec<f32>, Error> {
    text.trim_matches(['[', ']', '(', ')']).split(',').map(|item| number(item.trim(), name)).collect()
}

fn number<T: std::str::FromStr>(text: &str, name: &str) -> Result<T, Error> {
    text.parse().map_err(|_| wrong(format!("`{name}` is {text:?}, no number")))
}
