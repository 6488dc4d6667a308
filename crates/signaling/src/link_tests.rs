use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_secs(1_000);

fn message(number: u64) -> Bytes {
    number.to_be_bytes().to_vec().into()
}

#[test]
fn a_full_link_refuses_relays_and_takes_the_rest() {
    let mut link = Outbound::default();
    let mebibyte = Bytes::from(vec![0; 1024 * 1024]);
    assert!((0..16).all(|_| link.offer(mebibyte.clone(), NOW).is_ok()));
    assert_eq!(link.offer(mebibyte.clone(), NOW), Err(Congested));
    link.push(mebibyte.clone(), NOW);
    assert!(link.take(1, NOW).is_some_and(|batch| batch.messages.len() == 1));
    link.confirmed(2, NOW);
    assert_eq!(link.offer(mebibyte, NOW), Ok(()));
}

#[test]
fn what_is_not_confirmed_is_sent_again_and_taken_once() {
    let (mut sender, mut receiver) = (Outbound::default(), Inbound::default());
    sender.push(message(1), NOW);
    let lost = sender.take(1_000, NOW).unwrap();
    assert_eq!(sender.take(1_000, NOW), None);
    assert!(!sender.stalled(NOW.after(PATIENCE)));
    assert!(sender.stalled(NOW.after(2 * PATIENCE)));
    assert_eq!(sender.take(1_000, NOW), Some(lost));
    assert_eq!(receiver.known(1), 0);
    assert_eq!((receiver.arrived(1, 1), receiver.arrived(1, 1)), (Some(0), Some(1)));
    assert_eq!((receiver.known(1), receiver.known(2), receiver.known(3)), (1, 0, 0));
    assert_eq!(receiver.arrived(3, 1), None);
    assert!(receiver.owes());
    sender.confirmed(receiver.tell(), NOW);
    assert!(sender.is_empty() && !receiver.owes());
}

#[test]
fn a_node_that_died_has_not_handled_what_was_said_long_after_it_fell_silent() {
    let mut link = Outbound::default();
    for (number, millis) in [(1, 0), (2, 500), (3, 1_499), (4, 1_500), (5, 9_000)] {
        link.push(message(number), NOW.after(Duration::from_millis(millis)));
    }
    link.confirmed(1, NOW);
    assert_eq!(link.unheard().collect::<Vec<_>>(), [&message(4), &message(5)]);
    link.confirmed(5, NOW);
    assert_eq!(link.unheard().count(), 0);
}

proptest! {
    /// Whatever is lost or repeated on the way, in the end all has arrived, in order, once.
    #[test]
    fn a_bad_bus_is_made_good(fates in prop::collection::vec(0_u8..4, 1..60), total in 1_u64..200) {
        let (mut sender, mut receiver) = (Outbound::default(), Inbound::default());
        let (mut pushed, mut got, mut now) = (0, Vec::new(), NOW);
        let mut fates = fates.into_iter().chain(std::iter::repeat(0));
        while got.len() < usize::try_from(total).unwrap() {
            for _ in 0..3 {
                if pushed < total {
                    pushed += 1;
                    sender.push(message(pushed), now);
                }
            }
            now = now.after(PATIENCE);
            sender.stalled(now);
            while let Some(batch) = sender.take(40, now) {
                let fate = fates.next().unwrap();
                for _ in 0..fate {
                    if let Some(known) = receiver.arrived(batch.first, batch.messages.len()) {
                        got.extend(batch.messages.iter().skip(known).cloned());
                    }
                }
                if fate == 0 {
                    // The confirmation is lost, or not.
                    if let Some(known) = receiver.arrived(batch.first, batch.messages.len()) {
                        got.extend(batch.messages.iter().skip(known).cloned());
                        sender.confirmed(receiver.tell(), now);
                    }
                } else if fate == 3 {
                    sender.rewind();
                    break;
                }
            }
            now = now.after(PATIENCE);
        }
        prop_assert_eq!(got, (1..=total).map(message).collect::<Vec<_>>());
    }
}
