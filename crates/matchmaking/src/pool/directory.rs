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

#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: u64,
    number: u32,
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

    /// The number whose name has this hash and satisfies `is_it`.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let found = self.shards.get(shard(hash))?;
        found.find(hash, |entry| entry.hash == hash && is_it(entry.number)).map(|entry| entry.number)
    }

    /// Adds a number whose name is not there yet.
    pub(super) fn insert(&mut self, hash: u64, number: u32) {
        if let Some(table) = self.shards.get_mut(shard(hash)) {
            table.insert_unique(hash, Entry { hash, number }, |entry| entry.hash);
        }
    }

    pub(super) fn remove(&mut self, hash: u64, number: u32) {
        if let Some(table) = self.shards.get_mut(shard(hash))
            && let Ok(entry) = table.find_entry(hash, |entry| entry.number == number)
        {
            entry.remove();
        }
    }
}

/// From bits that the tables themselves do not use: they look at the lowest and the highest.
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
