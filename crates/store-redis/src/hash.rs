/// FNV-1a, 64 bits: the same on every node and in every version, which a partition's number must be.
pub(crate) fn stable(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Which of `count` parts `text` belongs to.
pub(crate) fn part(text: &str, count: u16) -> u16 {
    let hash = stable(text);
    u16::try_from((hash ^ (hash >> 32)) % u64::from(count.max(1))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_published_function() {
        assert_eq!(stable(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(stable("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(stable("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn spreads_over_all_parts() {
        let mut count = [0; 32];
        for number in 0..3_200 {
            count[usize::from(part(&format!("device-{number}"), 32))] += 1;
        }
        assert!(count.iter().all(|part| (50..200).contains(part)), "{count:?}");
    }
}
