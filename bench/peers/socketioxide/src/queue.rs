//! Who waits: by language and region, longest-waiting first.

use std::collections::{BTreeMap, HashMap};

/// A place in the queue.
pub(crate) struct Ticket {
    number: u64,
    region: String,
    language: String,
}

struct Pool<T> {
    all: BTreeMap<u64, (String, T)>,
    regions: HashMap<String, BTreeMap<u64, ()>>,
}

pub(crate) struct Queue<T> {
    next: u64,
    pools: HashMap<String, Pool<T>>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { next: 0, pools: HashMap::new() }
    }
}

impl<T> Queue<T> {
    /// Takes the longest-waiting whom somebody with these wishes may meet.
    pub(crate) fn take(&mut self, region: &str, language: &str) -> Option<T> {
        let pool = self.pools.get_mut(language)?;
        let first = |name: &str| pool.regions.get(name).and_then(|waiting| waiting.keys().next().copied());
        let number = if region == "global" {
            pool.all.keys().next().copied()
        } else {
            [first(region), first("global")].into_iter().flatten().min()
        };
        pool.remove(number?)
    }

    /// Adds somebody; answers the ticket and the position.
    pub(crate) fn add(&mut self, region: &str, language: &str, who: T) -> (Ticket, usize) {
        self.next += 1;
        let pool = self.pools.entry(language.to_owned()).or_insert_with(|| Pool {
            all: BTreeMap::new(),
            regions: HashMap::new(),
        });
        pool.all.insert(self.next, (region.to_owned(), who));
        pool.regions.entry(region.to_owned()).or_default().insert(self.next, ());
        let ticket = Ticket { number: self.next, region: region.into(), language: language.into() };
        (ticket, pool.all.len())
    }

    pub(crate) fn remove(&mut self, ticket: &Ticket) {
        if let Some(pool) = self.pools.get_mut(&ticket.language) {
            debug_assert!(pool.regions.contains_key(&ticket.region));
            pool.remove(ticket.number);
        }
    }
}

impl<T> Pool<T> {
    fn remove(&mut self, number: u64) -> Option<T> {
        let (region, who) = self.all.remove(&number)?;
        if let Some(waiting) = self.regions.get_mut(&region) {
            waiting.remove(&number);
            if waiting.is_empty() {
                self.regions.remove(&region);
            }
        }
        Some(who)
    }
}
