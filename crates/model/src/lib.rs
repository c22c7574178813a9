//! Trainers behind one trait, what they can be told, and what they are judged by.
//!
//! [`Engine`] trains and loads boosters: nlpflow's own trainer, and XGBoost, which is the authority. The registries — parameters, objectives, metrics,
//! engines — are tables from which validation, the configuration's schema and the documentation derive: see
//! [`describe`]. With `nlpflow-xgboost-sys` and `nlpflow-node` this is the only crate with `unsafe` code, in `xgboost`
//! (the C API) and `map` (mapped files).
#![allow(clippy::doc_markdown, reason = "XGBoost is a name")]

mod describe;
mod engine;
mod error;
mod map;
mod metrics;
mod native;
mod nearest;
mod objective;
mod parameters;
mod saved;
mod xgboost;

pub use describe::describe;
pub use engine::{Booster, Engine, Limit, ModelFormat, Observer, Round, Training, TrainingData, engine};
pub use error::Error;
pub use map::map_file;
pub use metrics::{Constant, Direction, Metric, metric, metrics};
pub use nlpflow_matrix::CsrView;
pub use objective::{OBJECTIVES, Objective, objective};
pub use parameters::{DefaultValue, Kind, PARAMETERS, Parameter, Parameters, Zeros};
pub use saved::convert;
