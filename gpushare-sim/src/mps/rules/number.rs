//! Numbers as the daemon reads them: by the rules of C, which take what looks like a number and leave the rest.

fn skip_blanks(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !is_blank(*byte)).unwrap_or(text.len());
    &text[start..]
}

/// `isspace`.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// The first word, and what follows it.
pub(super) fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let text = skip_blanks(text);
    text.split_at(text.iter().position(|byte| is_blank(*byte)).unwrap_or(text.len()))
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

fn digits(text: &[u8], base: u32) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !(*byte as char).is_digit(base)).unwrap_or(text.len()))
}

/// `%d`: a 64-bit number that is cut to 32 bits, as glibc does it.
pub(in crate::mps) fn integer(text: &[u8]) -> Option<(i32, &[u8])> {
    let (negative, rest) = sign(skip_blanks(text));
    let (number, rest) = digits(rest, 10);
    if number.is_empty() {
        return None;
    }
    let magnitude = number.iter().fold(0_i128, |sum, digit| (sum * 10 + i128::from(digit - b'0')).min(1 << 64));
    let value = if negative { -magnitude } else { magnitude };
    let long = value.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
    Some((long as i32, rest))
}

/// `strtoull`: 0 for what is no number, the largest for what is too large, and negative ones wrap.
pub(super) fn unsigned(text: &[u8]) -> (u64, &[u8]) {
    let (negative, rest) = sign(skip_blanks(text));
    let (number, after) = digits(rest, 10);
    if number.is_empty() {
        return (0, text);
    }
    let value = number
        .iter()
        .try_fold(0_u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
        .map_or(u64::MAX, |value| if negative { value.wrapping_neg() } else { value });
    (value, after)
}

/// `strtod`: decimal or hexadecimal, or `inf` or `nan`.
pub(super) fn float(text: &[u8]) -> Option<f64> {
    let (negative, rest) = sign(skip_blanks(text));
    let lower = rest.to_ascii_lowercase();
    let magnitude = match lower.as_slice() {
        [b'i', b'n', b'f', ..] => f64::INFINITY,
        [b'n', b'a', b'n', ..] => f64::NAN,
        [b'0', b'x', hexadecimal @ ..] => hexadecimal_float(hexadecimal).unwrap_or(0.0),
        decimal => decimal_float(decimal)?,
    };
    Some(if negative { -magnitude } else { magnitude })
}

fn decimal_float(text: &[u8]) -> Option<f64> {
    let (whole, rest) = digits(text, 10);
    let (part, rest) = match rest {
        [b'.', rest @ ..] => digits(rest, 10),
        _ => (&[][..], rest),
    };
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    let exponent = match rest {
        [b'e', rest @ ..] => integer_here(rest).unwrap_or(0),
        _ => 0,
    };
    let ascii = |digits| std::str::from_utf8(digits).unwrap_or_default();
    format!("0{}.{}0e{exponent}", ascii(whole), ascii(part)).parse().ok()
}

fn hexadecimal_float(text: &[u8]) -> Option<f64> {
    let (whole, rest) = digits(text, 16);
    let (part, rest) = match rest {
        [b'.', rest @ ..] => digits(rest, 16),
        _ => (&[][..], rest),
    };
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    let value = |digit: &u8| f64::from((*digit as char).to_digit(16).unwrap_or(0));
    let mantissa = whole.iter().chain(part).fold(0.0, |sum, digit| sum * 16.0 + value(digit));
    let exponent = match rest {
        [b'p', rest @ ..] => integer_here(rest).unwrap_or(0),
        _ => 0,
    };
    let places = i32::try_from(part.len()).unwrap_or(i32::MAX).saturating_mul(4);
    Some(mantissa * 2_f64.powi(exponent.saturating_sub(places)))
}

/// A number that begins at once, without blanks.
fn integer_here(text: &[u8]) -> Option<i32> {
    if text.first().is_some_and(|byte| is_blank(*byte)) { None } else { integer(text).map(|(value, _)| value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_cut_as_c_cuts_them() {
        let read = |text: &str| integer(text.as_bytes()).map(|(value, _)| value);
        assert_eq!(read("99999999999999999999"), Some(-1));
        assert_eq!(read("-99999999999999999999"), Some(0));
        assert_eq!((read("4294967297"), read(" -5x"), read("0x5")), (Some(1), Some(-5), Some(0)));
        assert_eq!((read("abc"), read(""), read("-")), (None, None, None));
    }

    #[test]
    fn floats_are_what_strtod_takes_them_for() {
        let read = |text: &str| float(text.as_bytes());
        assert_eq!(
            (read("1e1"), read("0x10"), read("12,5"), read("50%")),
            (Some(10.0), Some(16.0), Some(12.0), Some(50.0))
        );
        assert_eq!(
            (read(".5"), read("5."), read("1e"), read("0x"), read("0x1.8p1")),
            (Some(0.5), Some(5.0), Some(1.0), Some(0.0), Some(3.0))
        );
        assert_eq!((read("-inf"), read("1e999")), (Some(f64::NEG_INFINITY), Some(f64::INFINITY)));
        assert!(read("nan").is_some_and(f64::is_nan));
        assert_eq!((read(""), read("."), read("abc")), (None, None, None));
    }
}
