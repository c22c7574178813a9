//! Writes zip archives, wrong ones too, with right checksums: a reader that looks at the checksum first would hide the
//! rest.

/// A file in an archive.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// The size that the headers claim, when it is not the true one.
    pub(crate) claimed: Option<u32>,
    /// 0 is stored, 8 deflated, others exist.
    pub(crate) method: u16,
}

/// The archive of these entries, in this order; names may repeat.
pub(crate) fn archive(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        let offset = bytes.len() as u32;
        bytes.extend(b"PK\x03\x04");
        let header = header(entry);
        bytes.extend(&header);
        bytes.extend(entry.name.as_bytes());
        bytes.extend(&entry.bytes);
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(header);
        directory.extend([0; 10]); // no comment, the first disk, no attributes
        directory.extend(offset.to_le_bytes());
        directory.extend(entry.name.as_bytes());
    }
    let (start, count) = (bytes.len() as u32, entries.len() as u16);
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    bytes.extend([(directory.len() as u32).to_le_bytes(), start.to_le_bytes()].concat());
    bytes.extend([0, 0]);
    bytes
}

/// What the header before a file and that in the directory have in common.
fn header(entry: &Entry) -> Vec<u8> {
    let size = entry.claimed.unwrap_or(entry.bytes.len() as u32);
    let mut header = vec![20, 0, 0, 0];
    header.extend(entry.method.to_le_bytes());
    header.extend([0, 0, 0x21, 0]); // midnight of the first day
    header.extend(checksum(&entry.bytes).to_le_bytes());
    header.extend([size.to_le_bytes(), size.to_le_bytes()].concat());
    header.extend((entry.name.len() as u16).to_le_bytes());
    header.extend([0, 0]);
    header
}

/// CRC-32 as zip has it.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    };
    !bytes.iter().fold(!0, step)
}
