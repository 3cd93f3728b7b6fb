//! UUIDs: the kernel's rule for MIG devices, a made-up but fixed one for GPUs.

use sha1::{Digest, Sha1};

const NAMESPACE: [u32; 4] = [0xc816c9a3, 0x522456bf, 0x9d9aac7e, 0xa703fb5b];

/// The UUID of a compute instance: chip, board, GPU instance and graphics engine, hashed (RFC 4122 version 5).
pub(super) fn mig(chip_id: u16, pdi: u64, gi: u32, engine: u32) -> String {
    let namespace = NAMESPACE.map(u32::to_be_bytes);
    let fields: [&[u8]; 9] = [
        b"NVIDIA GPU",
        &[0x02],
        &chip_id.to_le_bytes(),
        &[0x08],
        &pdi.to_le_bytes(),
        &[0x0b],
        b"SMC",
        &gi.to_le_bytes(),
        &engine.to_le_bytes(),
    ];
    let mut bytes = digest(&[namespace.as_flattened(), &fields.concat()]);
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    format!("MIG-{}", dashed(bytes))
}

/// A UUID for the GPU of that model at that index.
pub(super) fn gpu(model: &str, index: usize) -> String {
    format!("GPU-{}", dashed(digest(&[b"gpushare-sim", model.as_bytes(), &index.to_le_bytes()])))
}

/// A per-device identifier for the GPU of that UUID.
pub(super) fn pdi(uuid: &str) -> u64 {
    u64::from_le_bytes(*digest(&[b"PDI", uuid.as_bytes()]).first_chunk().expect("16 bytes hold 8"))
}

fn digest(parts: &[&[u8]]) -> [u8; 16] {
    *Sha1::digest(parts.concat()).first_chunk().expect("20 bytes hold 16")
}

fn dashed(bytes: [u8; 16]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.into_iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.extend([byte >> 4, byte & 0xf].map(|digit| char::from(DIGITS[usize::from(digit)])));
    }
    text
}
