//! The beginning of a UUID, which is enough where no other device shares it.

use std::fmt;

/// The first digits of a UUID, as `CUDA_VISIBLE_DEVICES` takes them instead of all 32: `9e4aeb94` of `GPU-9e4aeb94-01c0-…`.
///
/// Without digits it is the beginning of every UUID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UuidPrefix {
    /// The digits, two a byte; those that are not there are 0.
    bytes: [u8; 16],
    len: u8,
}

/// How many digits a UUID has.
pub(super) const DIGITS: usize = 32;

impl UuidPrefix {
    /// Reads digits as CUDA does: dashes count for nothing wherever they are, and nothing counts behind the last digit of a whole UUID.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut prefix = Self { bytes: [0; 16], len: 0 };
        for character in text.chars().filter(|character| *character != '-') {
            if prefix.whole().is_some() {
                break;
            }
            prefix.push(character.to_digit(16)? as u8);
        }
        (!text.is_empty()).then_some(prefix)
    }

    fn push(&mut self, digit: u8) {
        if let Some(byte) = self.bytes.get_mut(usize::from(self.len / 2)) {
            *byte |= if self.len.is_multiple_of(2) { digit << 4 } else { digit };
            self.len += 1;
        }
    }

    /// The digits of a UUID, of which there are no more than 32.
    pub fn digits(&self) -> usize {
        self.len.into()
    }

    /// The UUID, where all digits are there.
    pub(super) fn whole(&self) -> Option<[u8; 16]> {
        (self.digits() == DIGITS).then_some(self.bytes)
    }

    /// Whether a UUID with these bytes begins with the digits.
    pub fn matches(&self, uuid: &[u8; 16]) -> bool {
        let (pairs, odd) = (self.digits() / 2, !self.len.is_multiple_of(2));
        let next = self.bytes.get(pairs).zip(uuid.get(pairs));
        self.bytes.iter().zip(uuid).take(pairs).all(|(mine, its)| mine == its)
            && (!odd || next.is_some_and(|(mine, its)| mine >> 4 == its >> 4))
    }
}

impl fmt::Display for UuidPrefix {
    /// The digits with the dashes of a UUID between them; a dash alone where there are none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.len == 0 {
            return f.write_str("-");
        }
        for at in 0..self.digits() {
            if matches!(at, 8 | 12 | 16 | 20) {
                f.write_str("-")?;
            }
            let byte = self.bytes.get(at / 2).copied().unwrap_or_default();
            write!(f, "{:x}", if at.is_multiple_of(2) { byte >> 4 } else { byte & 15 })?;
        }
        Ok(())
    }
}

impl fmt::Debug for UuidPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
