/// A function of numbers that outcome expressions may call.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    /// How it is called, with the number of arguments that it takes.
    pub(super) usage: &'static str,
    pub(super) arguments: usize,
    /// Gets as many arguments as it takes; NaN in any of them must give NaN.
    pub(super) apply: fn([f64; MAX_ARGUMENTS]) -> f64,
}

pub(super) const MAX_ARGUMENTS: usize = 3;

/// The one place to add a function.
static FUNCTIONS: [Function; 8] = [
    Function { name: "log1p", usage: "log1p(x)", arguments: 1, apply: |[x, ..]| x.ln_1p() },
    Function { name: "log", usage: "log(x)", arguments: 1, apply: |[x, ..]| x.ln() },
    Function { name: "exp", usage: "exp(x)", arguments: 1, apply: |[x, ..]| x.exp() },
    Function { name: "sqrt", usage: "sqrt(x)", arguments: 1, apply: |[x, ..]| x.sqrt() },
    Function { name: "abs", usage: "abs(x)", arguments: 1, apply: |[x, ..]| x.abs() },
    Function { name: "min", usage: "min(x, y)", arguments: 2, apply: |[x, y, _]| least(x, y) },
    Function { name: "max", usage: "max(x, y)", arguments: 2, apply: |[x, y, _]| greatest(x, y) },
    Function {
        name: "clip",
        usage: "clip(x, low, high)",
        arguments: 3,
        apply: |[x, low, high]| least(greatest(x, low), high),
    },
];

fn least(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() { f64::NAN } else { x.min(y) }
}

fn greatest(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() { f64::NAN } else { x.max(y) }
}

pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// All names, for messages.
pub(super) fn names() -> String {
    FUNCTIONS.iter().map(|function| function.name).collect::<Vec<_>>().join(", ")
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
