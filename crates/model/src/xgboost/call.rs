//! Calling a function of the C API: its errors, its log, its strings.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int};

use crate::Error;

/// Turns a status into a result; `action` completes "XGBoost could not …".
pub(super) fn check(status: c_int, action: &'static str) -> Result<(), Error> {
    if status == 0 { Ok(()) } else { Err(Error::XgBoost { action, message: last_error() }) }
}

/// What XGBoost says of the failure just met on this thread, without place and stack trace.
pub(super) fn last_error() -> String {
    // SAFETY: the pointer is to a NUL-terminated string of this thread, alive until the next failure on it.
    let text = unsafe { CStr::from_ptr(xgboost_sys::XGBGetLastError()) }.to_string_lossy().into_owned();
    let text = text.split("\nStack trace").next().unwrap_or_default();
    // `[12:34:56] src/data/data.cc:1000: Check failed: …`
    let text = match (text.starts_with('['), text.split_once(": ")) {
        (true, Some((place, message))) if place.contains(".cc:") || place.contains(".h:") || place.contains(".cu:") => {
            message
        }
        _ => text,
    };
    text.trim().to_owned()
}

/// Makes XGBoost silent on this thread, which is where its settings live; errors are not affected.
pub(super) fn silence() -> Result<(), Error> {
    thread_local!(static SILENT: Cell<bool> = const { Cell::new(false) });
    if SILENT.get() {
        return Ok(());
    }
    // SAFETY: the callback is a function without state.
    check(unsafe { xgboost_sys::XGBRegisterLogCallback(ignore) }, "take over its log")?;
    // SAFETY: the configuration is a NUL-terminated string.
    check(unsafe { xgboost_sys::XGBSetGlobalConfig(c"{\"verbosity\": 0}".as_ptr()) }, "be silenced")?;
    SILENT.set(true);
    Ok(())
}

extern "C" fn ignore(_line: *const c_char) {}

/// XGBoost's version.
pub(super) fn version() -> String {
    let (mut major, mut minor, mut patch) = (0, 0, 0);
    // SAFETY: the pointers are to three integers of this frame.
    unsafe { xgboost_sys::XGBoostVersion(&raw mut major, &raw mut minor, &raw mut patch) };
    format!("{major}.{minor}.{patch}")
}

/// A string for XGBoost; one with a NUL inside has no form in C.
pub(super) fn c_string(text: &str) -> Result<CString, Error> {
    CString::new(text).map_err(|_| Error::InvalidFeatureNames(format!("{text:?} holds a NUL character")))
}
