use super::Field;
use crate::{Model, Node, Objective, Tree};

/// The version of XGBoost whose format this is.
const VERSION: [i64; 3] = [3, 4, 1];

/// XGBoost's number for "no parent": the greatest 31-bit one.
const NO_PARENT: i32 = i32::MAX;

/// The fields of a saved model, in the order of their names.
pub(crate) fn describe(model: &Model) -> Field<'_> {
    let (count, groups) = (model.trees.len() as i64, model.groups() as i64);
    let booster = Field::Object(vec![
        (
            "model",
            Field::Object(vec![
                (
                    "cats",
                    Field::Object(vec![
                        ("enc", Field::List(Vec::new())),
                        ("feature_segments", Field::Ints(Vec::new())),
                        ("sorted_idx", Field::Ints(Vec::new())),
                    ]),
                ),
                ("gbtree_model_param", texts(&[("num_parallel_tree", "1".into()), ("num_trees", count.to_string())])),
                (
                    "iteration_indptr",
                    Field::List((0..=count / groups).map(|round| Field::Int(round * groups)).collect()),
                ),
                ("tree_info", Field::List((0..count).map(|tree| Field::Int(tree % groups)).collect())),
                ("trees", Field::Trees(model)),
            ]),
        ),
        ("name", Field::Text("gbtree".into())),
    ]);
    let learner = Field::Object(vec![
        ("attributes", Field::Object(Vec::new())),
        ("feature_names", Field::Texts(&model.feature_names)),
        ("feature_types", Field::List(Vec::new())),
        ("gradient_booster", booster),
        (
            "learner_model_param",
            texts(&[
                ("base_score", base_score(model)),
                ("boost_from_average", "1".into()),
                ("num_class", if groups > 1 { groups.to_string() } else { "0".into() }),
                ("num_feature", model.n_cols.to_string()),
                ("num_target", "1".into()),
            ]),
        ),
        ("objective", objective(model.objective, model.scale_pos_weight)),
    ]);
    Field::Object(vec![("learner", learner), ("version", Field::List(VERSION.map(Field::Int).into()))])
}

/// Where the margins begin: one number if it can be one.
///
/// XGBoost before 3.1 knows one number only. It takes a list for 0.5 without a warning, and no logistic model that begins
/// with 0 or 1, which later ones move to these bounds themselves.
fn base_score(model: &Model) -> String {
    let written = |score: f32| match model.objective {
        Objective::Logistic => score.clamp(1e-6, 1.0 - 1e-6),
        _ => score,
    };
    match model.base_scores[..] {
        [first, ref others @ ..] if others.iter().all(|score| *score == first) => format!("{:E}", written(first)),
        _ => list(&model.base_scores),
    }
}

fn objective(objective: Objective, scale_pos_weight: f32) -> Field<'static> {
    let section = match objective {
        // XGBoost before 3.0 asks for the section in models of squared log error, too.
        Objective::SquaredError | Objective::SquaredLog | Objective::Logistic | Objective::Gamma => {
            Some(("reg_loss_param", "scale_pos_weight", nine_digits(scale_pos_weight)))
        }
        Objective::PseudoHuber { slope } => Some(("pseudo_huber_param", "huber_slope", nine_digits(slope))),
        Objective::Absolute => None,
        Objective::Quantile { alpha } => Some(("quantile_loss_param", "quantile_alpha", list(&[alpha]))),
        Objective::Softprob { classes } => Some(("softmax_multiclass_param", "num_class", classes.to_string())),
        Objective::Poisson { max_delta_step } => {
            Some(("poisson_regression_param", "max_delta_step", nine_digits(max_delta_step)))
        }
        Objective::Tweedie { power } => {
            Some(("tweedie_regression_param", "tweedie_variance_power", nine_digits(power)))
        }
    };
    let name = ("name", Field::Text(objective.name().into()));
    let section = section.map(|(section, parameter, value)| (section, texts(&[(parameter, value)])));
    Field::Object([name].into_iter().chain(section).collect())
}

/// Numbers as XGBoost prints a list of them.
fn list(numbers: &[f32]) -> String {
    let numbers: Vec<String> = numbers.iter().map(|number| format!("{number:E}")).collect();
    format!("[{}]", numbers.join(","))
}

/// A parameter as XGBoost prints it: with nine digits at most.
fn nine_digits(value: f32) -> String {
    let rounded = format!("{:.8e}", f64::from(value));
    rounded.parse::<f64>().map_or(rounded, |value| value.to_string())
}

fn texts(fields: &[(&'static str, String)]) -> Field<'static> {
    Field::Object(fields.iter().map(|(name, text)| (*name, Field::Text(text.clone()))).collect())
}

/// The fields of a tree, in the order of their names.
pub(super) fn describe_tree(tree: &Tree, index: usize, columns: u32) -> Field<'static> {
    let nodes = tree.nodes();
    let ints = |number: &dyn Fn(&Node) -> i32| Field::Ints(nodes.iter().map(number).collect());
    let floats = |number: &dyn Fn(&Node) -> f32| Field::Floats(nodes.iter().map(number).collect());
    let child = |node: &Node, side: usize| node.children.map_or(-1, |children| children[side] as i32);
    Field::Object(vec![
        ("base_weights", floats(&|node| node.weight)),
        ("categories", Field::Ints(Vec::new())),
        ("categories_nodes", Field::Ints(Vec::new())),
        ("categories_segments", Field::Longs(Vec::new())),
        ("categories_sizes", Field::Longs(Vec::new())),
        ("default_left", Field::Bytes(nodes.iter().map(|node| node.default_left.into()).collect())),
        ("id", Field::Int(index as i64)),
        ("left_children", ints(&|node| child(node, 0))),
        ("loss_changes", floats(&|node| node.gain)),
        ("parents", ints(&|node| node.parent.map_or(NO_PARENT, |parent| parent as i32))),
        ("right_children", ints(&|node| child(node, 1))),
        ("split_conditions", floats(&|node| if node.children.is_some() { node.threshold } else { node.value })),
        ("split_indices", ints(&|node| node.column as i32)),
        ("split_type", Field::Bytes(vec![0; nodes.len()])),
        ("sum_hessian", floats(&|node| node.cover)),
        (
            "tree_param",
            texts(&[
                ("num_deleted", "0".into()),
                ("num_feature", columns.to_string()),
                ("num_nodes", nodes.len().to_string()),
                ("size_leaf_vector", "1".into()),
            ]),
        ),
    ])
}
