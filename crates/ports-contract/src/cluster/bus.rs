use bytes::Bytes;
use video_chat_signaling::ports::{Bus, Inbox};

use super::node;

/// One `#[tokio::test]` for each law of `Bus`; with `together,` before `$build` one for all, where what is tested is
/// expensive to start. `$build` names an `async fn() -> (impl Bus, guard)` that makes a bus
/// nobody has used; the guard lives as long as the test.
#[macro_export]
macro_rules! bus_laws {
    ($build:path) => {
        $crate::bus_laws! { each, $build }
    };
    ($how:ident, $build:path) => {
        $crate::bus_laws! { $how, $build =>
            parcels_arrive_whole_and_in_order
            an_inbox_holds_what_came_before_it_was_opened
            each_node_reads_its_own
            a_broadcast_reaches_every_attached_node
            a_discarded_inbox_is_empty
            a_reader_is_woken
        }
    };
    (each, $build:path => $($law:ident)+) => {
        $(
            #[tokio::test]
            async fn $law() {
                let (bus, _guard) = $build().await;
                $crate::cluster::bus::$law(&bus).await;
            }
        )+
    };
    (together, $build:path => $($law:ident)+) => {
        #[tokio::test]
        async fn every_law_holds() {
            $(
                println!("{}", stringify!($law));
                let (bus, _guard) = $build().await;
                $crate::cluster::bus::$law(&bus).await;
            )+
        }
    };
}

async fn read(inbox: &mut Box<dyn Inbox>, count: usize) -> Vec<Bytes> {
    let mut parcels = Vec::new();
    while parcels.len() < count {
        parcels.extend(inbox.next().await.expect("available"));
    }
    parcels
}

pub async fn parcels_arrive_whole_and_in_order(bus: &impl Bus) {
    let mut inbox = bus.attach(node(1)).await.expect("available");
    let parcels: Vec<Vec<u8>> = (0..=255_u8).map(|byte| vec![byte; usize::from(byte) * 16]).collect();
    for parcel in &parcels {
        bus.send(node(1), parcel).await.expect("available");
    }
    assert_eq!(read(&mut inbox, parcels.len()).await, parcels);
}

pub async fn an_inbox_holds_what_came_before_it_was_opened(bus: &impl Bus) {
    bus.send(node(1), b"early").await.expect("available");
    let mut inbox = bus.attach(node(1)).await.expect("available");
    bus.send(node(1), b"late").await.expect("available");
    assert_eq!(read(&mut inbox, 2).await, ["early", "late"]);
}

pub async fn each_node_reads_its_own(bus: &impl Bus) {
    let mut first = bus.attach(node(1)).await.expect("available");
    let mut second = bus.attach(node(2)).await.expect("available");
    bus.send(node(2), b"two").await.expect("available");
    bus.send(node(1), b"one").await.expect("available");
    assert_eq!(read(&mut first, 1).await, ["one"]);
    assert_eq!(read(&mut second, 1).await, ["two"]);
}

pub async fn a_broadcast_reaches_every_attached_node(bus: &impl Bus) {
    let mut first = bus.attach(node(1)).await.expect("available");
    let mut second = bus.attach(node(2)).await.expect("available");
    bus.broadcast(b"all").await.expect("available");
    assert_eq!(read(&mut first, 1).await, ["all"]);
    assert_eq!(read(&mut second, 1).await, ["all"]);
    let mut third = bus.attach(node(3)).await.expect("available");
    bus.broadcast(b"again").await.expect("available");
    assert_eq!(read(&mut third, 1).await, ["again"], "the past is not told to newcomers");
}

pub async fn a_discarded_inbox_is_empty(bus: &impl Bus) {
    bus.send(node(1), b"never read").await.expect("available");
    bus.discard(node(1)).await.expect("available");
    let mut inbox = bus.attach(node(1)).await.expect("available");
    bus.send(node(1), b"read").await.expect("available");
    assert_eq!(read(&mut inbox, 1).await, ["read"]);
}

pub async fn a_reader_is_woken(bus: &impl Bus) {
    let mut inbox = bus.attach(node(1)).await.expect("available");
    for parcel in ["one", "two", "three"] {
        let (got, sent) =
            futures_util::future::join(read(&mut inbox, 1), bus.send(node(1), parcel.as_bytes())).await;
        sent.expect("available");
        assert_eq!(got, [parcel]);
    }
}
