use std::ffi::{CString, c_int, c_void};
use std::ptr;

use xgboost_sys::DMatrixHandle;

use super::array::{CsrInterface, interface};
use super::call::{check, silence};
use crate::{Error, TrainingData};

/// A matrix whose values XGBoost has sorted into bins; it is no longer tied to the data it was made from.
pub(super) struct QuantileMatrix {
    handle: DMatrixHandle,
}

impl QuantileMatrix {
    /// Reads the rows in place. In the first `absent_as_zero` columns an absent entry is the value 0.
    pub(super) fn new(data: &TrainingData<'_>, max_bin: u32, absent_as_zero: u32) -> Result<Self, Error> {
        silence()?;
        let label: Vec<f32> = data.outcome.iter().map(|&value| value as f32).collect();
        let proxy = Self::proxy()?;
        let rows = CsrInterface::of(&data.rows);
        // SAFETY: the strings are NUL-terminated; they describe slices that `data` borrows for longer than the proxy
        // lives, since the proxy is dropped in this function.
        let status = unsafe {
            xgboost_sys::XGProxyDMatrixSetDataCSR(
                proxy.handle,
                rows.indptr.as_ptr(),
                rows.indices.as_ptr(),
                rows.values.as_ptr(),
                data.rows.n_cols.into(),
            )
        };
        check(status, "read the matrix")?;
        // SAFETY: as above, and `label`, which XGBoost copies, outlives the call.
        let status = unsafe {
            xgboost_sys::XGDMatrixSetInfoFromInterface(proxy.handle, c"label".as_ptr(), interface(&label).as_ptr())
        };
        check(status, "read the outcome")?;
        let weight: Option<Vec<f32>> = data.weight.map(|weight| weight.iter().map(|&value| value as f32).collect());
        if let Some(weight) = &weight {
            // SAFETY: as above, for `weight`.
            let status = unsafe {
                xgboost_sys::XGDMatrixSetInfoFromInterface(proxy.handle, c"weight".as_ptr(), interface(weight).as_ptr())
            };
            check(status, "read the weights")?;
        }

        let config =
            format!(r#"{{"missing": NaN, "nthread": 1, "max_bin": {max_bin}, "absent_as_zero": {absent_as_zero}}}"#);
        let config = CString::new(config).unwrap_or_default(); // digits and fixed words: no NUL
        let mut batches = SingleBatch { given: false };
        let mut handle = ptr::null_mut();
        // SAFETY: `batches` is a live `SingleBatch`, as both callbacks expect, and is used by nobody else during the
        // call, after which XGBoost forgets it; all other pointers live through the call.
        let status = unsafe {
            xgboost_sys::XGQuantileDMatrixCreateFromCallback(
                (&raw mut batches).cast(),
                proxy.handle,
                ptr::null_mut(),
                reset,
                next,
                config.as_ptr(),
                &raw mut handle,
            )
        };
        check(status, "sort the matrix into bins")?;
        Ok(Self { handle })
    }

    /// An empty stand-in for a batch.
    pub(super) fn proxy() -> Result<Self, Error> {
        let mut handle = ptr::null_mut();
        // SAFETY: the pointer is to a handle of this frame.
        check(unsafe { xgboost_sys::XGProxyDMatrixCreate(&raw mut handle) }, "make a matrix")?;
        Ok(Self { handle })
    }

    pub(super) fn handle(&self) -> DMatrixHandle {
        self.handle
    }
}

impl Drop for QuantileMatrix {
    fn drop(&mut self) {
        // SAFETY: the handle came from XGBoost and is freed once. Freeing cannot fail on a valid handle.
        unsafe { xgboost_sys::XGDMatrixFree(self.handle) };
    }
}

/// An iterator over one batch, which is the proxy as it stands.
struct SingleBatch {
    given: bool,
}

unsafe extern "C" fn reset(batches: *mut c_void) {
    // SAFETY: XGBoost hands back the `SingleBatch` of `QuantileMatrix::new`, which nobody else uses meanwhile.
    let batches = unsafe { &mut *batches.cast::<SingleBatch>() };
    batches.given = false;
}

unsafe extern "C" fn next(batches: *mut c_void) -> c_int {
    // SAFETY: as in `reset`.
    let batches = unsafe { &mut *batches.cast::<SingleBatch>() };
    c_int::from(!std::mem::replace(&mut batches.given, true))
}
