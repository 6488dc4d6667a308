use std::net::{IpAddr, Ipv6Addr};

/// Whom a limit by address counts for: an IPv4 address, or the /64 of an IPv6 address, which is what one host is
/// given whole. An IPv4 address in IPv6 clothes (`::ffff:a.b.c.d`) counts as the IPv4 address.
///
/// ```
/// use video_chat_auth::subject_for_ip;
///
/// assert_eq!(&*subject_for_ip("192.0.2.1".parse().unwrap()), "192.0.2.1");
/// assert_eq!(&*subject_for_ip("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1");
/// assert_eq!(&*subject_for_ip("2001:db8:1:2:3::4".parse().unwrap()), "2001:db8:1:2::/64");
/// ```
pub fn subject_for_ip(address: IpAddr) -> Box<str> {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string().into(),
        IpAddr::V6(address) => {
            let network = Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64));
            format!("{network}/64").into()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ipv4_counts_by_address_however_it_is_written(bits: u32) {
            let address = std::net::Ipv4Addr::from_bits(bits);
            let plain = subject_for_ip(address.into());
            prop_assert_eq!(&*plain, address.to_string());
            prop_assert_eq!(plain, subject_for_ip(address.to_ipv6_mapped().into()));
        }

        #[test]
        fn ipv6_counts_by_its_first_64_bits(network in 1_u64.., one: u64, other: u64) {
            let subject = |network: u64, host: u64| {
                subject_for_ip(Ipv6Addr::from_bits(u128::from(network) << 64 | u128::from(host)).into())
            };
            prop_assert_eq!(subject(network, one), subject(network, other));
            prop_assert_ne!(subject(network, one), subject(network ^ 1 << 63, one));
        }
    }
}
