//! XGBoost 3.4.1's C API, as far as nlpflow uses it, over a static library compiled from the vendored release.
//!
//! Declarations only; `nlpflow-model` wraps them. Each function that returns an `int` gives 0 for success and -1 for a
//! failure, whose message [`XGBGetLastError`] has on the same thread. XGBoost's own documentation of each function is
//! in `include/xgboost/c_api.h` of the release. The one addition is the key `absent_as_zero` in the configuration of
//! [`XGQuantileDMatrixCreateFromCallback`]; see `vendor/README.md`.
#![allow(unsafe_code, reason = "foreign functions")]
#![allow(clippy::doc_markdown, reason = "XGBoost is a name")]
#![allow(non_snake_case, reason = "XGBoost's names")]

use std::ffi::{c_char, c_int, c_void};

/// A matrix of any kind: a pointer that XGBoost gave.
pub type DMatrixHandle = *mut c_void;
/// A booster: a pointer that XGBoost gave.
pub type BoosterHandle = *mut c_void;
/// The caller's own iterator, handed back to its callbacks.
pub type DataIterHandle = *mut c_void;
/// Moves the iterator to the next batch: 1 when there is one, 0 at the end.
pub type NextCallback = unsafe extern "C" fn(DataIterHandle) -> c_int;
/// Moves the iterator before the first batch.
pub type ResetCallback = unsafe extern "C" fn(DataIterHandle);
/// Receives a line of XGBoost's log.
pub type LogCallback = unsafe extern "C" fn(*const c_char);

unsafe extern "C" {
    /// Writes the three parts of XGBoost's version.
    pub fn XGBoostVersion(major: *mut c_int, minor: *mut c_int, patch: *mut c_int);
    /// The last error of this thread; valid until the next failure on it.
    pub fn XGBGetLastError() -> *const c_char;
    /// Replaces the printing of log lines on the calling thread.
    pub fn XGBRegisterLogCallback(callback: LogCallback) -> c_int;
    /// Sets the calling thread's global configuration from a JSON object.
    pub fn XGBSetGlobalConfig(config: *const c_char) -> c_int;

    /// Makes a stand-in for the batch that an iterator is at.
    pub fn XGProxyDMatrixCreate(out: *mut DMatrixHandle) -> c_int;
    /// Points a proxy at CSR buffers, given as array-interface JSON; nothing is copied.
    pub fn XGProxyDMatrixSetDataCSR(
        proxy: DMatrixHandle,
        indptr: *const c_char,
        indices: *const c_char,
        data: *const c_char,
        n_cols: u64,
    ) -> c_int;
    /// Copies a field such as `label` or `weight` from an array given as array-interface JSON.
    pub fn XGDMatrixSetInfoFromInterface(matrix: DMatrixHandle, field: *const c_char, array: *const c_char) -> c_int;
    /// Builds the quantised training matrix from all batches of an iterator.
    pub fn XGQuantileDMatrixCreateFromCallback(
        iterator: DataIterHandle,
        proxy: DMatrixHandle,
        reference: DMatrixHandle,
        reset: ResetCallback,
        next: NextCallback,
        config: *const c_char,
        out: *mut DMatrixHandle,
    ) -> c_int;
    /// Frees a matrix.
    pub fn XGDMatrixFree(matrix: DMatrixHandle) -> c_int;

    /// Makes a booster that may train on the given matrices.
    pub fn XGBoosterCreate(matrices: *const DMatrixHandle, n_matrices: u64, out: *mut BoosterHandle) -> c_int;
    /// Frees a booster.
    pub fn XGBoosterFree(booster: BoosterHandle) -> c_int;
    /// Releases what only training needs.
    pub fn XGBoosterReset(booster: BoosterHandle) -> c_int;
    /// Sets a parameter; it is checked at the next use of the booster.
    pub fn XGBoosterSetParam(booster: BoosterHandle, name: *const c_char, value: *const c_char) -> c_int;
    /// Adds one round with the booster's own objective.
    pub fn XGBoosterUpdateOneIter(booster: BoosterHandle, iteration: c_int, matrix: DMatrixHandle) -> c_int;
    /// Adds one round with gradients that the caller computed (array-interface JSON).
    pub fn XGBoosterTrainOneIter(
        booster: BoosterHandle,
        matrix: DMatrixHandle,
        iteration: c_int,
        gradient: *const c_char,
        hessian: *const c_char,
    ) -> c_int;
    /// The number of rounds that a booster holds.
    pub fn XGBoosterBoostedRounds(booster: BoosterHandle, out: *mut c_int) -> c_int;
    /// The number of columns that a booster was trained on.
    pub fn XGBoosterGetNumFeature(booster: BoosterHandle, out: *mut u64) -> c_int;
    /// Predicts rows of CSR buffers; the result belongs to the booster and is valid until its next prediction.
    pub fn XGBoosterPredictFromCSR(
        booster: BoosterHandle,
        indptr: *const c_char,
        indices: *const c_char,
        values: *const c_char,
        n_cols: u64,
        config: *const c_char,
        proxy: DMatrixHandle,
        out_shape: *mut *const u64,
        out_dimensions: *mut u64,
        out_result: *mut *const f32,
    ) -> c_int;
    /// Writes a model into a buffer of the booster, valid until its next call.
    pub fn XGBoosterSaveModelToBuffer(
        booster: BoosterHandle,
        config: *const c_char,
        out_length: *mut u64,
        out_bytes: *mut *const c_char,
    ) -> c_int;
    /// Reads a model, JSON or UBJSON.
    pub fn XGBoosterLoadModelFromBuffer(booster: BoosterHandle, bytes: *const c_void, length: u64) -> c_int;
    /// Sets strings a column, such as `feature_name`; they are saved with the model.
    pub fn XGBoosterSetStrFeatureInfo(
        booster: BoosterHandle,
        field: *const c_char,
        values: *const *const c_char,
        n_values: u64,
    ) -> c_int;
}
