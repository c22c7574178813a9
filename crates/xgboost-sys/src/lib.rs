//! XGBoost's C API.
