use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::nearest::nearest;

/// What a parameter takes.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A finite number.
    Float,
    /// A whole number.
    Int,
    /// True or false.
    Bool,
    /// One of a few words.
    Choice,
    /// A list of words.
    Strings,
}

/// The value of a parameter that is not given.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Default {
    /// No value: what it means stands in the parameter's doc. Such a parameter also takes null when given.
    None,
    Float(f64),
    Int(u64),
    Bool(bool),
    Text(&'static str),
}

/// A parameter of a step: parsing, help and documentation all read this.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max: Option<f64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) choices: &'static [&'static str],
    pub(crate) default: Default,
    /// Whether null is a value, for "no limit" or "none".
    pub(crate) nullable: bool,
    pub(crate) doc: &'static str,
    pub(crate) tunable: bool,
}

impl Parameter {
    const fn new(name: &'static str, kind: Kind, default: Default, doc: &'static str) -> Self {
        let nullable = matches!(default, Default::None);
        Self { name, aliases: &[], kind, min: None, max: None, choices: &[], default, nullable, doc, tunable: false }
    }

    pub(crate) const fn bool(name: &'static str, default: bool, doc: &'static str) -> Self {
        Self::new(name, Kind::Bool, Default::Bool(default), doc)
    }

    pub(crate) const fn choice(name: &'static str, choices: &'static [&'static str], doc: &'static str) -> Self {
        Self { choices, ..Self::new(name, Kind::Choice, Default::Text(choices[0]), doc) }
    }

    /// `default` none means that null is a value, and the default.
    pub(crate) const fn float(name: &'static str, min: f64, default: Option<f64>, doc: &'static str) -> Self {
        let default = match default {
            Some(value) => Default::Float(value),
            None => Default::None,
        };
        Self { min: Some(min), ..Self::new(name, Kind::Float, default, doc) }
    }

    pub(crate) const fn int(name: &'static str, min: f64, default: u64, doc: &'static str) -> Self {
        Self { min: Some(min), ..Self::new(name, Kind::Int, Default::Int(default), doc) }
    }

    pub(crate) const fn strings(name: &'static str, doc: &'static str) -> Self {
        Self::new(name, Kind::Strings, Default::None, doc)
    }

    pub(crate) const fn tunable(self) -> Self {
        Self { tunable: true, ..self }
    }

    pub(crate) const fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// The value in its one form, or what was expected.
    fn check(&self, value: &Value) -> Result<Value, String> {
        if value.is_null() && self.nullable {
            return Ok(Value::Null);
        }
        let checked = match self.kind {
            Kind::Float => value.as_f64().filter(|&value| self.is_in_range(value)).map(Value::from),
            Kind::Int => whole(value).filter(|&value| self.is_in_range(value as f64)).map(Value::from),
            Kind::Bool => value.as_bool().map(Value::from),
            Kind::Choice => value.as_str().filter(|value| self.choices.contains(value)).map(Value::from),
            Kind::Strings => value.as_array().filter(|words| words.iter().all(Value::is_string)).map(|_| value.clone()),
        };
        checked.ok_or_else(|| {
            let found = value.to_string();
            let nearest = value.as_str().map_or_else(String::new, |name| nearest(name, self.choices.iter().copied()));
            format!("`{}` must be {}, not {found}{nearest}", self.name, self.expected())
        })
    }

    fn is_in_range(&self, value: f64) -> bool {
        self.min.is_none_or(|min| min <= value) && self.max.is_none_or(|max| value <= max)
    }

    fn expected(&self) -> String {
        let range = match (self.min, self.max) {
            (Some(min), Some(max)) => format!(" from {min} to {max}"),
            (Some(min), None) => format!(" from {min} on"),
            (None, Some(max)) => format!(" up to {max}"),
            (None, None) => String::new(),
        };
        let expected = match self.kind {
            Kind::Float => format!("a number{range}"),
            Kind::Int => format!("a whole number{range}"),
            Kind::Bool => "true or false".into(),
            Kind::Choice => format!("one of {}", self.choices.join(", ")),
            Kind::Strings => "a list of words".into(),
        };
        if self.nullable { format!("{expected}, or null") } else { expected }
    }
}

fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().filter(|n| n.fract() == 0.0 && (0.0..=9e15).contains(n)).map(|n| n as u64))
}

/// The checked parameters of a step, each with its value, given or by default.
#[derive(Clone, Debug)]
pub(crate) struct Values(Map<String, Value>);

impl Values {
    /// Checks what was given against a step's parameters.
    pub(crate) fn check(parameters: &'static [Parameter], given: &Map<String, Value>) -> Result<Self, String> {
        for name in given.keys() {
            if !parameters.iter().any(|parameter| parameter.name == name) {
                let names: Vec<_> = parameters.iter().map(|parameter| parameter.name).collect();
                let nearest = nearest(name, names.iter().copied());
                return Err(format!("there is no parameter `{name}`{nearest} (known: {})", names.join(", ")));
            }
        }
        let value = |parameter: &Parameter| match given.get(parameter.name) {
            Some(value) => Ok((parameter.name.to_owned(), parameter.check(value)?)),
            None => Ok((parameter.name.to_owned(), json!(parameter.default))),
        };
        parameters.iter().map(value).collect::<Result<_, String>>().map(Self)
    }

    /// All values by name.
    pub(crate) fn to_json(&self) -> Value {
        Value::Object(self.0.clone())
    }

    pub(crate) fn bool(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// `None` when the value is null.
    pub(crate) fn float(&self, name: &str) -> Option<f64> {
        self.0.get(name).and_then(Value::as_f64)
    }

    /// `None` when the value is null.
    pub(crate) fn int(&self, name: &str) -> Option<u64> {
        self.0.get(name).and_then(Value::as_u64)
    }

    /// `None` when the value is null.
    pub(crate) fn strings(&self, name: &str) -> Option<Vec<&str>> {
        Some(self.0.get(name)?.as_array()?.iter().filter_map(Value::as_str).collect())
    }
}
