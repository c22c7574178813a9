use std::collections::HashSet;
use std::ffi::c_int;
use std::ops::Range;
use std::{ptr, slice};

use nlpflow_matrix::CsrView;
use xgboost_sys::BoosterHandle;

use super::array::CsrInterface;
use super::call::{c_string, check, last_error, silence};
use super::matrix::QuantileMatrix;
use crate::saved;
use crate::{Booster, Error, ModelFormat};

/// A booster of XGBoost.
pub(super) struct XgBooster {
    handle: BoosterHandle,
    columns: u64,
    rounds: u32,
}

// SAFETY: a booster is tied to no thread: XGBoost keeps its results per booster and thread, and errors and settings per
// thread, where each method sets them.
unsafe impl Send for XgBooster {}

// SAFETY: of the methods that take `&self`, predictions of tree models are safe on several threads by XGBoost's documentation
// (`doc/prediction.rst`, "Thread Safety"), their results being kept per thread. They and `save` first bring the booster
// up to date with its settings, which `count` has done after the last change: then that only reads.
unsafe impl Sync for XgBooster {}

impl XgBooster {
    /// A booster without rounds that will train on `matrix`.
    pub(super) fn on(matrix: &QuantileMatrix) -> Result<Self, Error> {
        Self::create(&[matrix.handle()])
    }

    /// Reads a saved booster of either format.
    pub(super) fn load(bytes: &[u8]) -> Result<Self, Error> {
        let mut booster = Self::create(&[])?;
        booster.read(bytes)?;
        booster.set("nthread", "1")?;
        // Takes the setting over now: predictions, which may run at the same time, then change nothing.
        booster.count()?;
        Ok(booster)
    }

    /// Takes over a saved booster of either format.
    ///
    /// XGBoost's readers trust lengths, children, parents and columns: it is given nothing but what was read and checked
    /// here and written anew.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let bytes = saved::write(&saved::read(bytes)?, ModelFormat::Ubj);
        // SAFETY: the bytes live through the call; they are a whole and sound model, as XGBoost's readers take for granted.
        let status = unsafe {
            xgboost_sys::XGBoosterLoadModelFromBuffer(self.handle, bytes.as_ptr().cast(), bytes.len() as u64)
        };
        if status != 0 {
            return Err(Error::InvalidModel(last_error()));
        }
        self.count().map_err(|error| Error::InvalidModel(error.to_string()))
    }

    fn create(matrices: &[xgboost_sys::DMatrixHandle]) -> Result<Self, Error> {
        silence()?;
        let mut handle = ptr::null_mut();
        // SAFETY: the slice holds valid handles, and the result goes to a handle of this frame.
        let status = unsafe { xgboost_sys::XGBoosterCreate(matrices.as_ptr(), matrices.len() as u64, &raw mut handle) };
        check(status, "make a booster")?;
        Ok(Self { handle, columns: 0, rounds: 0 })
    }

    /// Sets a parameter by XGBoost's name.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        silence()?;
        let (name, value) = (c_string(name)?, c_string(value)?);
        // SAFETY: both strings are NUL-terminated and live through the call.
        let status = unsafe { xgboost_sys::XGBoosterSetParam(self.handle, name.as_ptr(), value.as_ptr()) };
        check(status, "take a parameter")
    }

    /// Adds the round of this number.
    pub(super) fn update(&mut self, matrix: &QuantileMatrix, round: u32) -> Result<(), Error> {
        silence()?;
        // SAFETY: both handles are valid.
        let status = unsafe { xgboost_sys::XGBoosterUpdateOneIter(self.handle, round as c_int, matrix.handle()) };
        check(status, "grow a tree")
    }

    /// Drops what only training needs.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        // SAFETY: the handle is valid.
        check(unsafe { xgboost_sys::XGBoosterReset(self.handle) }, "end the training")?;
        self.count()
    }

    /// The booster as XGBoost itself writes it (UBJSON), from which a training goes on.
    pub(super) fn save_raw(&self) -> Result<Vec<u8>, Error> {
        silence()?;
        let (mut length, mut bytes) = (0, ptr::null());
        // SAFETY: the handle is valid, the results go to variables of this frame.
        let status = unsafe {
            xgboost_sys::XGBoosterSaveModelToBuffer(
                self.handle,
                c"{\"format\": \"ubj\"}".as_ptr(),
                &raw mut length,
                &raw mut bytes,
            )
        };
        check(status, "save the model")?;
        // SAFETY: on success `bytes` has `length` bytes, the booster's until its next call; they are copied at once.
        Ok(unsafe { slice::from_raw_parts(bytes.cast(), length as usize) }.to_vec())
    }

    /// Counts rounds and columns anew.
    pub(super) fn count(&mut self) -> Result<(), Error> {
        let mut rounds = 0;
        // SAFETY: the handle is valid, the pointers are to variables of this frame or of `self`.
        unsafe {
            check(xgboost_sys::XGBoosterBoostedRounds(self.handle, &raw mut rounds), "count its trees")?;
            check(xgboost_sys::XGBoosterGetNumFeature(self.handle, &raw mut self.columns), "count its columns")?;
        }
        self.rounds = rounds.unsigned_abs();
        Ok(())
    }
}

impl Booster for XgBooster {
    fn rounds(&self) -> u32 {
        self.rounds
    }

    fn n_cols(&self) -> u64 {
        self.columns
    }

    fn predict(&self, rows: &CsrView<'_>, rounds: Range<u32>) -> Result<Vec<f32>, Error> {
        // XGBoost takes an end of 0 for "all of them", so that an empty range would not be one.
        if rounds.start >= rounds.end || rounds.end > self.rounds {
            return Err(Error::InvalidRounds { start: rounds.start, end: rounds.end, rounds: self.rounds });
        }
        if u64::from(rows.n_cols) != self.columns {
            return Err(Error::ColumnMismatch { expected: self.columns, found: rows.n_cols });
        }
        if rows.n_rows() == 0 {
            return Ok(Vec::new());
        }
        silence()?;
        let proxy = QuantileMatrix::proxy()?;
        let interface = CsrInterface::of(rows);
        let config = c_string(&format!(
            r#"{{"type": 0, "training": false, "iteration_begin": {}, "iteration_end": {}, "strict_shape": false, "cache_id": 0, "missing": NaN}}"#,
            rounds.start, rounds.end
        ))?;
        let (mut shape, mut dimensions, mut result) = (ptr::null(), 0, ptr::null());
        // SAFETY: the strings are NUL-terminated and describe slices that `rows` borrows; the results go to variables
        // of this frame.
        let status = unsafe {
            xgboost_sys::XGBoosterPredictFromCSR(
                self.handle,
                interface.indptr.as_ptr(),
                interface.indices.as_ptr(),
                interface.values.as_ptr(),
                rows.n_cols.into(),
                config.as_ptr(),
                proxy.handle(),
                &raw mut shape,
                &raw mut dimensions,
                &raw mut result,
            )
        };
        check(status, "predict")?;
        // SAFETY: on success `shape` has `dimensions` numbers, and `result` as many values as their product. Both belong
        // to the booster until its next prediction, and are read before this method ends.
        let (predictions, shape) = unsafe {
            let shape = slice::from_raw_parts(shape, dimensions as usize);
            (slice::from_raw_parts(result, shape.iter().product::<u64>() as usize).to_vec(), shape)
        };
        if predictions.len() != rows.n_rows() {
            let message = format!("its result has the shape {shape:?}: only models of one outcome are supported");
            return Err(Error::XgBoost { action: "predict", message });
        }
        Ok(predictions)
    }

    /// XGBoost's own bytes, written anew: older versions read them otherwise.
    fn save(&self, format: ModelFormat) -> Result<Vec<u8>, Error> {
        Ok(saved::write(&saved::read(&self.save_raw()?)?, format))
    }

    fn set_feature_names(&mut self, names: &[String]) -> Result<(), Error> {
        if names.len() as u64 != self.columns {
            let message = format!("there are {} names for {} columns", names.len(), self.columns);
            return Err(Error::InvalidFeatureNames(message));
        }
        let mut seen = HashSet::new();
        if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(Error::InvalidFeatureNames(format!("two columns are called {twice:?}")));
        }
        let strings = names.iter().map(|name| c_string(name)).collect::<Result<Vec<_>, _>>()?;
        let pointers: Vec<_> = strings.iter().map(|string| string.as_ptr()).collect();
        // SAFETY: `pointers` holds as many NUL-terminated strings as is said; XGBoost copies them.
        let status = unsafe {
            xgboost_sys::XGBoosterSetStrFeatureInfo(
                self.handle,
                c"feature_name".as_ptr(),
                pointers.as_ptr(),
                pointers.len() as u64,
            )
        };
        check(status, "name the columns")
    }
}

impl Drop for XgBooster {
    fn drop(&mut self) {
        // SAFETY: the handle came from XGBoost and is freed once. Freeing cannot fail on a valid handle.
        unsafe { xgboost_sys::XGBoosterFree(self.handle) };
    }
}
