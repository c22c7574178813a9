//! One target under libFuzzer: `NLPFLOW_FUZZ_TARGET` names it, arguments are libFuzzer's.
#![no_main]

use std::sync::OnceLock;

use nlpflow_fuzz::Target;

static TARGET: OnceLock<&Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(
    init: {
        let name = std::env::var("NLPFLOW_FUZZ_TARGET").unwrap_or_default();
        TARGET.get_or_init(|| nlpflow_fuzz::target(&name).expect("NLPFLOW_FUZZ_TARGET names a target"));
    },
    |input: &[u8]| {
        if let Some(target) = TARGET.get() {
            (target.check)(input);
        }
    }
);
