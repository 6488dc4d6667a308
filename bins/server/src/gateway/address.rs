//! How many connections each address has.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex},
};

use super::lock;

/// Counts open connections by address: IPv4 as it is, IPv6 by /64.
#[derive(Default)]
pub(super) struct Addresses(Mutex<HashMap<u64, u32>>);

/// One counted connection; dropping it takes it off.
pub(super) struct Counted {
    addresses: Arc<Addresses>,
    subject: u64,
    /// How many the address had with this one.
    pub(super) count: u32,
}

impl Addresses {
    /// Counts one more connection of `ip`.
    pub(super) fn count(self: &Arc<Self>, ip: IpAddr) -> Counted {
        let subject = subject(ip);
        let mut counts = lock(&self.0);
        let slot = counts.entry(subject).or_default();
        *slot = slot.saturating_add(1);
        Counted { addresses: Arc::clone(self), subject, count: *slot }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Entry::Occupied(mut slot) = lock(&self.addresses.0).entry(self.subject) {
            match slot.get().saturating_sub(1) {
                0 => drop(slot.remove()),
                left => *slot.get_mut() = left,
            }
        }
    }
}

/// What an address is counted as. An IPv4 address and the /64 that happens to hold the same bits share a count: the
/// IPv4 range of `::/64` is not routed.
fn subject(ip: IpAddr) -> u64 {
    match ip.to_canonical() {
        IpAddr::V4(ip) => u64::from(ip.to_bits()),
        IpAddr::V6(ip) => u64::try_from(ip.to_bits() >> 64).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_up_and_down_by_address_and_by_64() {
        let addresses = Arc::<Addresses>::default();
        let count = |ip: &str| addresses.count(ip.parse().unwrap());
        let first = count("192.0.2.1");
        assert_eq!(count("::ffff:192.0.2.1").count, 2);
        assert_eq!(count("192.0.2.2").count, 1);
        let v6 = count("2001:db8:1:2::1");
        assert_eq!(count("2001:db8:1:2:3::").count, 2);
        assert_eq!(count("2001:db8:1:3::1").count, 1);
        drop((first, v6));
        assert!(lock(&addresses.0).is_empty());
    }
}
