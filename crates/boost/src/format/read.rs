use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use crate::{Error, Model, Node, Objective, Tree};

/// Reads either format; the binary one begins with `{L`, which no JSON text does.
pub(crate) fn read(bytes: &[u8]) -> Result<Model, Error> {
    let value = if bytes.starts_with(b"{L") {
        Reader { bytes, at: 0 }.value(0)?
    } else {
        serde_json::from_slice(&quote_infinities(bytes)).map_err(|error| wrong(format!("it is no JSON: {error}")))?
    };
    model(&value)
}

/// XGBoost writes a threshold below everything as the bare word `-Infinity`, which JSON does not know: here it becomes a
/// text.
fn quote_infinities(bytes: &[u8]) -> Cow<'_, [u8]> {
    const WORD: &[u8] = b"-Infinity";
    if !bytes.windows(WORD.len()).any(|window| window == WORD) {
        return Cow::Borrowed(bytes);
    }
    let mut quoted = Vec::with_capacity(bytes.len() + 64);
    let (mut at, mut in_text) = (0, false);
    while let Some(&byte) = bytes.get(at) {
        if !in_text && bytes[at..].starts_with(WORD) {
            quoted.extend(b"\"-Infinity\"");
            at += WORD.len();
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

/// More classes than any model has: a broken file asks for no memory.
const MOST_CLASSES: usize = 1 << 16;

/// So deep is no model nested.
const DEEPEST: u32 = 32;

/// Reads Universal Binary JSON.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let rest = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk);
        self.at += N;
        rest.copied().ok_or_else(|| wrong("it ends early"))
    }

    fn byte(&mut self) -> Result<u8, Error> {
        self.take().map(|[byte]: [u8; 1]| byte)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn length(&mut self) -> Result<usize, Error> {
        let marker = self.byte()?;
        let length = if marker == b'L' { i64::from_be_bytes(self.take()?) } else { -1 };
        // Nothing is shorter than a byte: a length beyond the end is refused before memory is asked for.
        let length = usize::try_from(length).ok().filter(|length| *length <= self.bytes.len());
        length.ok_or_else(|| wrong(format!("byte {} has no valid length", self.at)))
    }

    fn text(&mut self) -> Result<String, Error> {
        let length = self.length()?;
        let text = self.bytes.get(self.at..self.at + length).ok_or_else(|| wrong("it ends early"))?;
        self.at += length;
        String::from_utf8(text.to_vec()).map_err(|_| wrong("a text is not UTF-8"))
    }

    fn value(&mut self, depth: u32) -> Result<Value, Error> {
        if depth > DEEPEST {
            return Err(wrong("it is nested too deeply"));
        }
        let marker = self.byte()?;
        match marker {
            b'{' => {
                let mut fields = Map::new();
                while self.peek() != Some(b'}') {
                    let name = self.text()?;
                    fields.insert(name, self.value(depth + 1)?);
                }
                self.at += 1;
                Ok(Value::Object(fields))
            }
            b'[' => self.list(depth),
            b'S' => self.text().map(Value::String),
            b'Z' => Ok(Value::Null),
            b'T' | b'F' => Ok(Value::Bool(marker == b'T')),
            kind => self.number(kind),
        }
    }

    fn list(&mut self, depth: u32) -> Result<Value, Error> {
        let kind = if self.peek() == Some(b'$') {
            self.at += 1;
            Some(self.byte()?)
        } else {
            None
        };
        if self.peek() != Some(b'#') {
            let mut items = Vec::new();
            while self.peek() != Some(b']') {
                items.push(self.value(depth + 1)?);
            }
            self.at += 1;
            return Ok(Value::Array(items));
        }
        self.at += 1;
        let length = self.length()?;
        let items = (0..length).map(|_| match kind {
            Some(kind) => self.number(kind),
            None => self.value(depth + 1),
        });
        items.collect::<Result<_, _>>().map(Value::Array)
    }

    fn number(&mut self, kind: u8) -> Result<Value, Error> {
        let infinite = |number: f64| if number < 0.0 { Value::from("-Infinity") } else { Value::Null };
        let float = |number: f64| Ok(Number::from_f64(number).map_or_else(|| infinite(number), Value::Number));
        match kind {
            b'd' => float(f32::from_be_bytes(self.take()?).into()),
            b'D' => float(f64::from_be_bytes(self.take()?)),
            b'i' => Ok(i8::from_be_bytes(self.take()?).into()),
            b'U' => Ok(self.byte()?.into()),
            b'I' => Ok(i16::from_be_bytes(self.take()?).into()),
            b'l' => Ok(i32::from_be_bytes(self.take()?).into()),
            b'L' => Ok(i64::from_be_bytes(self.take()?).into()),
            _ => Err(wrong(format!("byte {} begins no value", self.at - 1))),
        }
    }
}

fn model(value: &Value) -> Result<Model, Error> {
    let learner = field(value, "learner")?;
    let parameters = field(learner, "learner_model_param")?;
    let booster = field(learner, "gradient_booster")?;
    if text(booster, "name")? != "gbtree" {
        return Err(wrong(format!("its booster is {}, not gbtree", text(booster, "name")?)));
    }
    if let Some(targets) = parameters.get("num_target").and_then(Value::as_str).filter(|targets| *targets != "1") {
        return Err(wrong(format!("it has {targets} outcomes")));
    }
    let n_cols: u32 = number(text(parameters, "num_feature")?, "num_feature")?;
    let objective_field = field(learner, "objective")?;
    let objective = objective(objective_field)?;
    objective.check().map_err(|error| wrong(error.to_string()))?;
    let mut base_scores = numbers(text(parameters, "base_score")?, "base_score")?;
    if base_scores.len() == 1 {
        base_scores.resize(objective.groups().min(MOST_CLASSES), base_scores[0]);
    }
    if base_scores.len() != objective.groups() {
        return Err(wrong(format!("it has {} base scores for {} classes", base_scores.len(), objective.groups())));
    }
    let scale_pos_weight = match objective_field.get("reg_loss_param") {
        Some(section) => number(text(section, "scale_pos_weight")?, "scale_pos_weight")?,
        None => 1.0,
    };
    let body = field(booster, "model")?;
    if text(field(body, "gbtree_model_param")?, "num_parallel_tree")? != "1" {
        return Err(wrong("its rounds have several trees"));
    }
    let trees = list(body, "trees")?.iter().map(|value| tree(value, n_cols)).collect::<Result<Vec<_>, _>>()?;
    let groups = base_scores.len();
    let info = list(body, "tree_info")?;
    let in_turn = |(index, group): (usize, &Value)| group.as_u64() == Some((index % groups) as u64);
    if trees.len() % groups != 0 || info.len() != trees.len() || !info.iter().enumerate().all(in_turn) {
        return Err(wrong("its trees do not belong to the classes in turn"));
    }
    let names = learner.get("feature_names").and_then(Value::as_array).into_iter().flatten();
    let feature_names = names.map(|name| name.as_str().unwrap_or_default().to_owned()).collect();
    Ok(Model { objective, scale_pos_weight, base_scores, n_cols, trees, feature_names })
}

fn objective(value: &Value) -> Result<Objective, Error> {
    let parameter = |section, name| number(text(field(value, section)?, name)?, name);
    Ok(match text(value, "name")? {
        "reg:squarederror" => Objective::SquaredError,
        "reg:squaredlogerror" => Objective::SquaredLog,
        "reg:pseudohubererror" => Objective::PseudoHuber { slope: parameter("pseudo_huber_param", "huber_slope")? },
        "reg:absoluteerror" => Objective::Absolute,
        "reg:quantileerror" => {
            match numbers(text(field(value, "quantile_loss_param")?, "quantile_alpha")?, "quantile_alpha")?[..] {
                [alpha] => Objective::Quantile { alpha },
                _ => return Err(wrong("it predicts several quantiles")),
            }
        }
        "multi:softprob" => {
            let classes: f32 = parameter("softmax_multiclass_param", "num_class")?;
            Objective::Softprob { classes: classes as u32 }
        }
        "binary:logistic" => Objective::Logistic,
        "reg:gamma" => Objective::Gamma,
        "count:poisson" => {
            Objective::Poisson { max_delta_step: parameter("poisson_regression_param", "max_delta_step")? }
        }
        "reg:tweedie" => Objective::Tweedie { power: parameter("tweedie_regression_param", "tweedie_variance_power")? },
        name => return Err(wrong(format!("its objective {name} is not known here"))),
    })
}

fn tree(value: &Value, n_cols: u32) -> Result<Tree, Error> {
    let floats = |name| -> Result<Vec<f32>, Error> {
        let items = list(value, name)?.iter();
        items
            .map(|item| {
                let infinite = (item.as_str() == Some("-Infinity")).then_some(f32::NEG_INFINITY);
                let number = item.as_f64().map(|number| number as f32).or(infinite);
                number.ok_or_else(|| wrong(format!("{name} holds {item}")))
            })
            .collect()
    };
    let ints = |name| -> Result<Vec<i64>, Error> {
        let items = list(value, name)?.iter();
        let int = |item: &Value| item.as_i64().or_else(|| item.as_bool().map(i64::from));
        items.map(|item| int(item).ok_or_else(|| wrong(format!("{name} holds {item}")))).collect()
    };
    let (weights, gains, covers) = (floats("base_weights")?, floats("loss_changes")?, floats("sum_hessian")?);
    let conditions = floats("split_conditions")?;
    let (left, right, parents) = (ints("left_children")?, ints("right_children")?, ints("parents")?);
    let (columns, defaults, kinds) = (ints("split_indices")?, ints("default_left")?, ints("split_type")?);
    let count = left.len();
    let lengths = [right.len(), parents.len(), columns.len(), defaults.len(), kinds.len(), conditions.len()];
    let lengths = lengths.into_iter().chain([weights.len(), gains.len(), covers.len()]);
    if count == 0 || lengths.into_iter().any(|length| length != count) {
        return Err(wrong("the lists of a tree differ in length"));
    }
    let nodes = (0..count).map(|index| {
        let children = [left[index], right[index]];
        let is_leaf = children == [-1, -1];
        // Children stand behind their parents, so that every way down ends.
        let valid = |child: i64| child > index as i64 && child < count as i64;
        if !is_leaf && !children.into_iter().all(valid) {
            return Err(wrong(format!("node {index} of a tree has the children {children:?}")));
        }
        if kinds[index] != 0 {
            return Err(wrong("it splits on categories"));
        }
        let column = u32::try_from(columns[index]).ok().filter(|column| *column < n_cols);
        Ok(Node {
            parent: u32::try_from(parents[index]).ok().filter(|parent| (*parent as usize) < count),
            children: (!is_leaf).then(|| children.map(|child| child as u32)),
            column: column.ok_or_else(|| wrong(format!("node {index} of a tree splits column {}", columns[index])))?,
            threshold: if is_leaf { 0.0 } else { conditions[index] },
            gain: gains[index],
            cover: covers[index],
            weight: weights[index],
            value: if is_leaf { conditions[index] } else { 0.0 },
            default_left: defaults[index] != 0,
        })
    });
    Ok(Tree { nodes: nodes.collect::<Result<_, _>>()? })
}

fn field<'a>(value: &'a Value, name: &str) -> Result<&'a Value, Error> {
    value.get(name).ok_or_else(|| wrong(format!("it has no `{name}`")))
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, Error> {
    field(value, name)?.as_str().ok_or_else(|| wrong(format!("`{name}` is no text")))
}

fn list<'a>(value: &'a Value, name: &str) -> Result<&'a [Value], Error> {
    field(value, name)?.as_array().map(Vec::as_slice).ok_or_else(|| wrong(format!("`{name}` is no list")))
}

/// A list as XGBoost prints it: `[1E0,2E0]`, or one number.
fn numbers(text: &str, name: &str) -> Result<Vec<f32>, Error> {
    text.trim_matches(['[', ']', '(', ')']).split(',').map(|item| number(item.trim(), name)).collect()
}

fn number<T: std::str::FromStr>(text: &str, name: &str) -> Result<T, Error> {
    text.parse().map_err(|_| wrong(format!("`{name}` is {text:?}, no number")))
}
