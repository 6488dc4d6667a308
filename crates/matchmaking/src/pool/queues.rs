use super::{
    directory::Directory,
    order::{Order, Place},
    slab::Slab,
};
use crate::{Language, Region};

/// Who waits where: by language, and within a language by region.
#[derive(Debug)]
pub(super) struct Queues {
    languages: Slab<LanguageQueue>,
    by_language: Directory,
    regions: Slab<RegionQueue>,
    by_region: Directory,
    global: Region,
}

/// All that wait with one language. They compete for the next newcomer that is `global`.
#[derive(Debug)]
struct LanguageQueue {
    hash: u64,
    name: Language,
    all: Order,
    /// Those of them that are `global`.
    global: Order,
}

/// Those that wait with one language and one region other than `global`.
#[derive(Debug)]
struct RegionQueue {
    hash: u64,
    language: u32,
    name: Region,
    order: Order,
}

/// A language and a region, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) language: u32,
    pub(super) region: RegionNumber,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RegionNumber {
    Global,
    /// A region in which nobody waits.
    Empty,
    Queue(u32),
}

impl Default for Queues {
    fn default() -> Self {
        Self {
            languages: Slab::default(),
            by_language: Directory::default(),
            regions: Slab::default(),
            by_region: Directory::default(),
            global: Region::global(),
        }
    }
}

impl Queues {
    /// Where a ticket with these criteria meets others; `None` when nobody waits with its language.
    pub(super) fn find(&self, language: &Language, region: &Region) -> Option<Address> {
        let language = self.find_language(self.by_language.hash(language), language)?;
        let region = if region.is_global() {
            RegionNumber::Global
        } else {
            let hash = self.by_region.hash((language, region));
            self.find_region(hash, language, region).map_or(RegionNumber::Empty, RegionNumber::Queue)
        };
        Some(Address { language, region })
    }

    /// Where a ticket with these criteria waits, made if need be; `found` is what [`Queues::find`] said.
    pub(super) fn obtain(&mut self, found: Option<Address>, language: Language, region: Region) -> Address {
        match found {
            Some(Address { language, region: RegionNumber::Empty }) => self.add_region(language, region),
            Some(address) => address,
            None => {
                let language = self.add_language(language);
                if region.is_global() {
                    Address { language, region: RegionNumber::Global }
                } else {
                    self.add_region(language, region)
                }
            }
        }
    }

    fn add_language(&mut self, name: Language) -> u32 {
        let hash = self.by_language.hash(&name);
        let queue = LanguageQueue { hash, name, all: Order::default(), global: Order::default() };
        let number = self.languages.insert(queue);
        self.by_language.insert(hash, number);
        number
    }

    fn add_region(&mut self, language: u32, name: Region) -> Address {
        let hash = self.by_region.hash((language, &name));
        let number = self.regions.insert(RegionQueue { hash, language, name, order: Order::default() });
        self.by_region.insert(hash, number);
        Address { language, region: RegionNumber::Queue(number) }
    }

    /// Adds a place; answers its rank among all of its language, from 1.
    pub(super) fn insert(&mut self, address: Address, place: Place) -> usize {
        let Some(language) = self.languages.get_mut(address.language) else { return 0 };
        match address.region {
            RegionNumber::Global => {
                language.global.insert(place);
            }
            RegionNumber::Queue(number) => {
                if let Some(queue) = self.regions.get_mut(number) {
                    queue.order.insert(place);
                }
            }
            RegionNumber::Empty => {}
        }
        language.all.insert(place)
    }

    /// Takes a place out; answers the names of where it was.
    pub(super) fn remove(&mut self, address: Address, place: Place) -> Option<(Language, Region)> {
        let language = self.languages.get_mut(address.language)?;
        language.all.remove(place);
        let region = match address.region {
            RegionNumber::Queue(number) => {
                let queue = self.regions.get_mut(number)?;
                queue.order.remove(place);
                if queue.order.is_empty() {
                    let queue = self.regions.remove(number)?;
                    self.by_region.remove(queue.hash, number);
                    queue.name
                } else {
                    queue.name.clone()
                }
            }
            RegionNumber::Global | RegionNumber::Empty => {
                language.global.remove(place);
                self.global.clone()
            }
        };
        let name = if language.all.is_empty() {
            let language = self.languages.remove(address.language)?;
            self.by_language.remove(language.hash, address.language);
            language.name
        } else {
            language.name.clone()
        };
        Some((name, region))
    }

    /// The first place, longest waiting first, that meets `address` by region and that `wanted` accepts.
    pub(super) fn first(&self, address: Address, mut wanted: impl FnMut(Place) -> bool) -> Option<Place> {
        let language = self.languages.get(address.language)?;
        let region = match address.region {
            RegionNumber::Global => return language.all.find(wanted),
            RegionNumber::Empty => None,
            RegionNumber::Queue(number) => {
                self.regions.get(number).and_then(|queue| queue.order.find(&mut wanted))
            }
        };
        let global = language.global.find(wanted);
        region.into_iter().chain(global).min()
    }

    /// The rank of a place among all of its language, from 1.
    pub(super) fn rank(&self, address: Address, place: Place) -> Option<usize> {
        self.languages.get(address.language)?.all.rank(place)
    }

    /// The place that has waited longest with this language.
    pub(super) fn oldest(&self, language: &Language) -> Option<Place> {
        let number = self.find_language(self.by_language.hash(language), language)?;
        self.languages.get(number)?.all.find(|_| true)
    }

    /// Whether these are the names of `address`.
    pub(super) fn is_at(&self, address: Address, language: &Language, region: &Region) -> bool {
        self.languages.get(address.language).is_some_and(|queue| queue.name == *language)
            && match address.region {
                RegionNumber::Global => region.is_global(),
                RegionNumber::Empty => false,
                RegionNumber::Queue(number) => {
                    self.regions.get(number).is_some_and(|queue| queue.name == *region)
                }
            }
    }

    fn find_language(&self, hash: u64, name: &Language) -> Option<u32> {
        self.by_language
            .find(hash, |number| self.languages.get(number).is_some_and(|queue| queue.name == *name))
    }

    fn find_region(&self, hash: u64, language: u32, name: &Region) -> Option<u32> {
        let is_it = |queue: &RegionQueue| queue.language == language && queue.name == *name;
        self.by_region.find(hash, |number| self.regions.get(number).is_some_and(is_it))
    }
}
