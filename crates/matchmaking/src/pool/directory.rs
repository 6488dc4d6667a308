use std::hash::{BuildHasher, Hash, RandomState};

use hashbrown::HashTable;

/// Tables in a directory. Each grows by itself, so that no single call ever moves more than a small share of a
/// million entries.
const SHARDS: usize = 512;

/// From a name to the number under which a slab keeps what is named; the names themselves stay in the slab.
///
/// Hashes are keyed at random (clients choose the names); no answer depends on them.
#[derive(Debug)]
pub(super) struct Directory {
    hasher: RandomState,
    shards: Vec<HashTable<Entry>>,
}

/// Half of what the full hash would take: what it leaves open, the slab knows.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The low half of the hash.
    low: u32,
    number: u32,
}

impl Entry {
    fn new(hash: u64, number: u32) -> Self {
        Self { low: low(hash), number }
    }

    /// What a table sorts by: it looks at the lowest and the highest bits.
    fn hash(self) -> u64 {
        spread(self.low)
    }
}

impl Default for Directory {
    fn default() -> Self {
        let shards = std::iter::repeat_with(HashTable::new).take(SHARDS).collect();
        Self { hasher: RandomState::new(), shards }
    }
}

impl Directory {
    pub(super) fn hash(&self, name: impl Hash) -> u64 {
        self.hasher.hash_one(name)
    }

    /// The number that satisfies `is_it`, which is asked of few whose names do not have this hash.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let low = low(hash);
        let found = self.shards.get(shard(hash))?;
        found.find(spread(low), |entry| entry.low == low && is_it(entry.number)).map(|entry| entry.number)
    }

    /// Adds a number whose name is not there yet.
    pub(super) fn insert(&mut self, hash: u64, number: u32) {
        if let Some(table) = self.shards.get_mut(shard(hash)) {
            let entry = Entry::new(hash, number);
            table.insert_unique(entry.hash(), entry, |entry| entry.hash());
        }
    }

    pub(super) fn remove(&mut self, hash: u64, number: u32) {
        if let Some(table) = self.shards.get_mut(shard(hash))
            && let Ok(entry) = table.find_entry(spread(low(hash)), |entry| entry.number == number)
        {
            entry.remove();
        }
    }
}

fn low(hash: u64) -> u32 {
    u32::try_from(hash & u64::from(u32::MAX)).unwrap_or_default()
}

fn spread(low: u32) -> u64 {
    u64::from(low) << 32 | u64::from(low)
}

/// From the half that the entries do not have.
fn shard(hash: u64) -> usize {
    usize::try_from(hash >> 40).unwrap_or(0) % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_added_until_it_is_removed() {
        let names: Vec<String> = (0..5_000).map(|number| format!("name-{number}")).collect();
        let mut directory = Directory::default();
        for (number, name) in (0..).zip(&names) {
            directory.insert(directory.hash(name), number);
        }
        let find = |directory: &Directory, name: &String| {
            directory.find(directory.hash(name), |number| names.get(number as usize) == Some(name))
        };
        assert!((0..).zip(&names).all(|(number, name)| find(&directory, name) == Some(number)));
        directory.remove(directory.hash(&names[17]), 17);
        assert_eq!(find(&directory, &names[17]), None);
        assert_eq!(find(&directory, &names[18]), Some(18));
    }
}
