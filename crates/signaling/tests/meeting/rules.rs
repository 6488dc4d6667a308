//! What must hold.

use std::collections::BTreeSet;

use stateright::Property;

use super::model::{DEVICES, Device, Meeting, Seat, Session, Stage, State};

pub(crate) const BOTH_OR_NONE: &str = "a match is told to both or to none";

pub(crate) fn properties() -> Vec<Property<Meeting>> {
    vec![
        Property::always("nobody is in two live calls", |_, state: &State| {
            DEVICES.iter().all(|device| live_calls(state, *device).len() <= 1)
        }),
        Property::always("nobody is in a call that was taken back", |_, state: &State| {
            state.seats.values().all(|seat| match seat {
                Seat::InCall(session) => stage(state, *session) == Stage::Live,
                Seat::Queued | Seat::Reserved(_) => true,
            })
        }),
        Property::always(BOTH_OR_NONE, |_, state: &State| !is_quiet(state) || told_to_both_or_none(state)),
        Property::always("a claim that outlives its tasks is for a live call", |_, state: &State| {
            let live = |session: &Session| stage(state, *session) == Stage::Live;
            !is_quiet(state) || state.claims.values().all(live)
        }),
        Property::always("nothing stays reserved", |_, state: &State| {
            !is_quiet(state) || !state.seats.values().any(|seat| matches!(seat, Seat::Reserved(_)))
        }),
        Property::sometimes("a call comes about", |_, state: &State| {
            is_quiet(state) && DEVICES.iter().any(|device| !live_calls(state, *device).is_empty())
        }),
    ]
}

/// Nothing is under way, and no node has died: what is true now stays true.
fn is_quiet(state: &State) -> bool {
    state.tasks.is_empty() && state.messages.is_empty() && state.dead.is_empty()
}

fn stage(state: &State, session: Session) -> Stage {
    state.calls.get(&session).map_or(Stage::Unwritten, |call| call.stage)
}

/// The live calls that some node believes the device to be in.
fn live_calls(state: &State, device: Device) -> BTreeSet<Session> {
    let in_call = |((_, seated), seat): (&(u8, Device), &Seat)| match seat {
        Seat::InCall(session) if *seated == device && stage(state, *session) == Stage::Live => Some(*session),
        _ => None,
    };
    state.seats.iter().filter_map(in_call).collect()
}

fn told_to_both_or_none(state: &State) -> bool {
    state.calls.iter().all(|(session, call)| {
        let told = call.sides.map(|device| live_calls(state, device).contains(session));
        told == [true, true] || told == [false, false]
    })
}
