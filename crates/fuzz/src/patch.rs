//! Small changes to a sound file, so that lengths and checksums stand and what the values mean is tried.

/// The bytes of a change: where (three bytes), how many (0 to 3 for 1 to 4), and what.
const CHANGE: usize = 8;

/// Overwrites bytes as `changes` say; the last change may be cut off.
pub(crate) fn apply(sound: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    for change in changes.chunks(CHANGE) {
        let [a, b, c, count, what @ ..] = change else { break };
        let place = usize::from_le_bytes([*a, *b, *c, 0, 0, 0, 0, 0]) % bytes.len().max(1);
        let count = usize::from(*count) % 4 + 1;
        for (byte, new) in bytes[place..].iter_mut().take(count).zip(what) {
            *byte = *new;
        }
    }
    bytes
}
