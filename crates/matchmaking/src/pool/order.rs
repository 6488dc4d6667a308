use video_chat_kernel::Timestamp;

/// The widest leaf and the widest inner node: some cache lines that are read in a row.
const WIDTH: usize = 64;

/// Neighbours that together fill less than this become one.
const MERGE: usize = WIDTH * 3 / 4;

/// Bits of a [`Key`] that tell apart what begins to wait within one millisecond.
const SEQUENCE_BITS: u32 = 22;

/// When somebody began to wait, and in which order within the millisecond. Smaller has waited longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Key(u64);

impl Key {
    /// The first key of the millisecond `instant`.
    pub(super) fn at(instant: Timestamp) -> Self {
        Self(instant.as_millis().min(u64::MAX >> SEQUENCE_BITS) << SEQUENCE_BITS)
    }

    pub(super) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Since when its owner waits.
    pub(super) fn since(self) -> Timestamp {
        Timestamp::from_millis(self.0 >> SEQUENCE_BITS)
    }
}

/// The place of one device in an [`Order`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) key: Key,
    /// The device's number.
    pub(super) device: u32,
}

/// Places by waiting time, with ranks: a B-tree of wide nodes that knows how many places lie below each child.
///
/// Insert, remove and rank touch O(log n) nodes.
#[derive(Debug, Default)]
pub(super) struct Order {
    root: Node,
    len: usize,
}

#[derive(Debug, Default)]
enum Node {
    #[default]
    Empty,
    /// A whole order of one, without an allocation: the usual case of a region.
    One(Place),
    Leaf(Vec<Place>),
    Inner(Vec<Child>),
}

#[derive(Debug)]
struct Child {
    /// No place below is smaller, and all places of the child before are.
    first: Place,
    count: usize,
    node: Node,
}

impl Order {
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a place that is not there yet; answers its rank from 1.
    pub(super) fn insert(&mut self, place: Place) -> usize {
        let (behind, split) = self.root.insert(place);
        self.len += 1;
        if let Some(right) = split {
            let left = Child::new(std::mem::take(&mut self.root));
            self.root = Node::Inner(left.into_iter().chain([right]).collect());
        }
        self.len - behind
    }

    /// Takes a place out; false when it is not there.
    pub(super) fn remove(&mut self, place: Place) -> bool {
        let found = self.root.remove(place);
        self.len -= usize::from(found);
        while let Node::Inner(children) = &mut self.root
            && children.len() <= 1
        {
            self.root = children.pop().map_or_else(Node::default, |child| child.node);
        }
        found
    }

    /// The rank of a place, from 1.
    pub(super) fn rank(&self, place: Place) -> Option<usize> {
        let mut node = &self.root;
        let mut before = 0;
        loop {
            match node {
                Node::Empty => return None,
                Node::One(only) => return (*only == place).then_some(1),
                Node::Leaf(places) => return places.binary_search(&place).ok().map(|at| before + at + 1),
                Node::Inner(children) => {
                    let at = child_of(children, place);
                    before += children.iter().take(at).map(|child| child.count).sum::<usize>();
                    node = &children.get(at)?.node;
                }
            }
        }
    }

    /// The first place, in order, that `wanted` accepts.
    pub(super) fn find(&self, mut wanted: impl FnMut(Place) -> bool) -> Option<Place> {
        self.root.find(&mut wanted)
    }
}

impl Node {
    /// Adds `place`; answers how many places of this node are behind it, and the right half if it had to split.
    fn insert(&mut self, place: Place) -> (usize, Option<Child>) {
        match self {
            Self::Empty => {
                *self = Self::One(place);
                (0, None)
            }
            Self::One(only) => {
                let (first, second) = (place.min(*only), place.max(*only));
                *self = Self::Leaf(vec![first, second]);
                (usize::from(place == first), None)
            }
            Self::Leaf(places) => {
                let at = places.partition_point(|other| *other < place);
                let behind = places.len() - at;
                insert_at(places, at, place);
                (behind, split(places, at).map(Self::Leaf).and_then(Child::new))
            }
            Self::Inner(children) => {
                let at = child_of(children, place);
                let behind: usize = children.iter().skip(at + 1).map(|child| child.count).sum();
                let Some(child) = children.get_mut(at) else { return (behind, None) };
                child.first = child.first.min(place);
                child.count += 1;
                let (behind_in_child, right) = child.node.insert(place);
                let behind = behind + behind_in_child;
                let Some(right) = right else { return (behind, None) };
                child.count -= right.count;
                insert_at(children, at + 1, right);
                (behind, split(children, at + 1).map(Self::Inner).and_then(Child::new))
            }
        }
    }

    fn remove(&mut self, place: Place) -> bool {
        match self {
            Self::Empty => false,
            Self::One(only) => {
                let found = *only == place;
                if found {
                    *self = Self::Empty;
                }
                found
            }
            Self::Leaf(places) => {
                let found = places.binary_search(&place);
                found.is_ok_and(|at| {
                    places.remove(at);
                    true
                })
            }
            Self::Inner(children) => {
                let at = child_of(children, place);
                let found = children.get_mut(at).is_some_and(|child| {
                    let found = child.node.remove(place);
                    child.count -= usize::from(found);
                    found
                });
                if found {
                    merge_around(children, at);
                }
                found
            }
        }
    }

    fn find(&self, wanted: &mut impl FnMut(Place) -> bool) -> Option<Place> {
        match self {
            Self::Empty => None,
            Self::One(only) => Some(*only).filter(|only| wanted(*only)),
            Self::Leaf(places) => places.iter().copied().find(|place| wanted(*place)),
            Self::Inner(children) => children.iter().find_map(|child| child.node.find(wanted)),
        }
    }

    fn width(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::One(_) => 1,
            Self::Leaf(places) => places.len(),
            Self::Inner(children) => children.len(),
        }
    }

    /// Takes in all that `right`, a node of the same height, holds.
    fn append(&mut self, right: Self) {
        match (self, right) {
            (Self::Leaf(places), Self::Leaf(mut more)) => places.append(&mut more),
            (Self::Inner(children), Self::Inner(mut more)) => children.append(&mut more),
            // Siblings have the same height, and only a root is empty or one.
            _ => {}
        }
    }
}

impl Child {
    /// The entry of a node that is not empty.
    fn new(node: Node) -> Option<Self> {
        let (first, count) = match &node {
            Node::Empty => return None,
            Node::One(only) => (*only, 1),
            Node::Leaf(places) => (*places.first()?, places.len()),
            Node::Inner(children) => {
                (children.first()?.first, children.iter().map(|child| child.count).sum())
            }
        };
        Some(Self { first, count, node })
    }
}

/// Which child holds `place`, or would.
fn child_of(children: &[Child], place: Place) -> usize {
    children.partition_point(|child| child.first <= place).saturating_sub(1)
}

/// Inserts without ever reserving more than a full node needs.
fn insert_at<T>(items: &mut Vec<T>, at: usize, item: T) {
    if items.len() == items.capacity() && items.len() >= WIDTH / 2 {
        items.reserve_exact(WIDTH + 1 - items.len());
    }
    items.insert(at, item);
}

/// The right part of a node that has grown too wide. What grows at its end, as a queue does, stays full behind.
fn split<T>(items: &mut Vec<T>, grown_at: usize) -> Option<Vec<T>> {
    (items.len() > WIDTH).then(|| {
        let at = if grown_at + 1 == items.len() { grown_at } else { items.len() / 2 };
        items.split_off(at)
    })
}

/// After a removal below child `at`: drops it when it is empty, joins it with a neighbour when both are small.
fn merge_around(children: &mut Vec<Child>, at: usize) {
    if children.get(at).is_some_and(|child| child.count == 0) {
        children.remove(at);
        return;
    }
    for left in [at, at.wrapping_sub(1)] {
        if let Some([one, other]) = children.get(left..).and_then(|rest| rest.first_chunk())
            && one.node.width() + other.node.width() <= MERGE
        {
            let right = children.remove(left + 1);
            if let Some(one) = children.get_mut(left) {
                one.count += right.count;
                one.node.append(right.node);
            }
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn place(key: u64) -> Place {
        Place { key: Key(key), device: 0 }
    }

    /// Checks the shape below `node`; answers how many places and levels it has.
    fn check(node: &Node) -> (usize, usize) {
        assert!(node.width() <= WIDTH);
        match node {
            Node::Empty => (0, 0),
            Node::One(_) => (1, 1),
            Node::Leaf(places) => {
                assert!(places.is_sorted());
                (places.len(), 1)
            }
            Node::Inner(children) => {
                let mut levels = BTreeSet::new();
                for child in children {
                    let (count, height) = check(&child.node);
                    assert_eq!(count, child.count);
                    assert!(count > 0);
                    levels.insert(height);
                }
                for pair in children.windows(2) {
                    assert!(pair[0].node.find(&mut |place| place >= pair[1].first).is_none());
                    assert!(pair[1].node.find(&mut |place| place < pair[1].first).is_none());
                }
                assert_eq!(levels.len(), 1);
                (children.iter().map(|child| child.count).sum(), levels.first().unwrap() + 1)
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn agrees_with_a_sorted_set(
            steps in prop::collection::vec((any::<bool>(), 0_u64..3_000), 1..6_000),
            ascending in any::<bool>(),
        ) {
            let (mut order, mut model) = (Order::default(), BTreeSet::new());
            if ascending {
                for key in 0..3_000 {
                    prop_assert_eq!(order.insert(place(key)), usize::try_from(key).unwrap() + 1);
                    model.insert(key);
                }
            }
            for (add, key) in steps {
                if !add {
                    prop_assert_eq!(order.remove(place(key)), model.remove(&key));
                } else if model.insert(key) {
                    prop_assert_eq!(order.insert(place(key)), model.range(..=key).count());
                }
                prop_assert_eq!(order.rank(place(key)).is_some(), model.contains(&key));
                prop_assert_eq!(order.find(|_| true), model.first().map(|key| place(*key)));
            }
            prop_assert_eq!(check(&order.root).0, model.len());
            for (index, key) in model.iter().enumerate() {
                prop_assert_eq!(order.rank(place(*key)), Some(index + 1));
            }
        }
    }

    #[test]
    fn stays_compact_and_shallow_whatever_is_removed() {
        let mut order = Order::default();
        (0..200_000).for_each(|key| assert_eq!(order.insert(place(key)), usize::try_from(key).unwrap() + 1));
        assert_eq!(check(&order.root), (200_000, 3));
        (0..200_000).filter(|key| key % 64 != 0).for_each(|key| assert!(order.remove(place(key))));
        assert_eq!(check(&order.root), (3_125, 3));
        (0..200_000).step_by(64).skip(1).for_each(|key| assert!(order.remove(place(key))));
        assert_eq!(check(&order.root), (1, 1));
        assert!(order.remove(place(0)) && order.is_empty() && !order.remove(place(0)));
    }

    #[test]
    fn a_key_tells_since_when_its_owner_waits() {
        let instant = Timestamp::from_millis(86_400_123);
        assert_eq!(Key::at(instant).since(), instant);
        assert_eq!(Key::at(instant).next().since(), instant);
        assert!(Key::at(instant).next() < Key::at(Timestamp::from_millis(86_400_124)));
    }
}
