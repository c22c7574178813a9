//! Slices as XGBoost takes them: array-interface JSON, which holds an address.

use std::ffi::CString;

use nlpflow_matrix::CsrView;

/// An element type of the array interface.
pub(super) trait Element {
    const TYPE: &'static str;
}

impl Element for i64 {
    const TYPE: &'static str = "<i8";
}

impl Element for u32 {
    const TYPE: &'static str = "<u4";
}

impl Element for f32 {
    const TYPE: &'static str = "<f4";
}

/// Describes a slice; the text must not be used after the slice.
pub(super) fn interface<T: Element>(slice: &[T]) -> CString {
    let text = format!(
        r#"{{"data": [{}, true], "shape": [{}], "typestr": "{}", "version": 3}}"#,
        slice.as_ptr().addr(),
        slice.len(),
        T::TYPE
    );
    // The text is made of digits and fixed words: there is no NUL in it.
    CString::new(text).unwrap_or_default()
}

/// The three buffers of CSR rows.
pub(super) struct CsrInterface {
    pub(super) indptr: CString,
    pub(super) indices: CString,
    pub(super) values: CString,
}

impl CsrInterface {
    /// Describes rows in place. The offsets are absolute, so that the whole buffers stand behind any range of rows.
    pub(super) fn of(rows: &CsrView<'_>) -> Self {
        Self { indptr: interface(rows.indptr), indices: interface(rows.indices), values: interface(rows.values) }
    }
}
