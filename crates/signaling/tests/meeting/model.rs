//! The protocol, step by step.

use std::collections::{BTreeMap, BTreeSet};

use stateright::{Model, Property};

use super::rules;

pub(crate) type Node = u8;
pub(crate) type Device = u8;
pub(crate) type Session = u8;

pub(crate) const DEVICES: [Device; 3] = [0, 1, 2];

/// How much may happen.
pub(crate) struct Meeting {
    pub(crate) moves: u8,
    pub(crate) crashes: u8,
    pub(crate) sessions: u8,
    /// Whether a message may be heard again.
    pub(crate) heard_twice: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct State {
    pub(crate) dead: BTreeSet<Node>,
    /// What each node knows of its devices.
    pub(crate) seats: BTreeMap<(Node, Device), Seat>,
    /// Who waits in the pool, and for which node.
    pub(crate) pool: BTreeMap<Device, Node>,
    /// Whom the pool paired last, until that is undone.
    pub(crate) paired: BTreeMap<Device, Device>,
    /// Where each device is, and what it is claimed for.
    pub(crate) places: BTreeMap<Device, Node>,
    pub(crate) claims: BTreeMap<Device, Session>,
    pub(crate) calls: BTreeMap<Session, Call>,
    pub(crate) tasks: BTreeSet<Task>,
    pub(crate) messages: BTreeSet<Message>,
    pub(crate) sessions: u8,
    pub(crate) moves: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Seat {
    Queued,
    Reserved(Session),
    InCall(Session),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    pub(crate) stage: Stage,
    pub(crate) sides: [Device; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Stage {
    Unwritten,
    Offered,
    Live,
    Over,
}

/// What a node is about to do for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Task {
    pub(crate) node: Node,
    pub(crate) session: Session,
    /// Its own device, and the other.
    pub(crate) ours: Device,
    pub(crate) theirs: Device,
    pub(crate) step: Step,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Step {
    /// The side that offers: reserve its seat, claim its device, write the offer and send it, wait, give up.
    Reserve,
    Claim,
    Offer,
    Await,
    Abort,
    /// The side that is offered the call.
    BeOffered,
    BeClaimed,
    Accept,
    /// Both are here: claim one, the other, and tell both.
    ClaimFirst,
    ClaimSecond,
    TellBoth,
    /// Put back into the pool whoever is still there.
    Undo {
        survivor: Option<Device>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Message {
    Offer {
        to: Node,
        session: Session,
        ours: Device,
        theirs: Device,
    },
    Answer {
        to: Node,
        session: Session,
        live: bool,
    },
    /// The device is elsewhere now.
    Displaced {
        to: Node,
        device: Device,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Pair(Node, Device, Device),
    /// A ticket that its node holds and the pool does not joins again.
    Rejoin(Node, Device),
    Run(Task),
    GiveUp(Task),
    Hear(Message),
    HearAndKeep(Message),
    Lose(Message),
    Move(Device),
    Crash(Node),
    Reap(Node),
}

impl Model for Meeting {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut state = State::default();
        for device in DEVICES {
            let node = u8::from(device > 0);
            state.seats.insert((node, device), Seat::Queued);
            state.places.insert(device, node);
            state.pool.insert(device, node);
        }
        vec![state]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let waiting: Vec<(Device, Node)> = state.pool.iter().map(|(device, node)| (*device, *node)).collect();
        if state.sessions < self.sessions {
            for (at, (one, its_node)) in waiting.iter().enumerate() {
                for (other, other_node) in waiting.iter().skip(at + 1) {
                    let nodes = BTreeSet::from([*its_node, *other_node]);
                    let alive = nodes.into_iter().filter(|node| !state.dead.contains(node));
                    actions.extend(alive.map(|node| Action::Pair(node, *one, *other)));
                }
            }
        }
        for ((node, device), seat) in &state.seats {
            if *seat == Seat::Queued && state.pool.get(device) != Some(node) && state.sessions < self.sessions
            {
                actions.push(Action::Rejoin(*node, *device));
            }
        }
        for task in &state.tasks {
            if task.step == Step::Await {
                actions.push(Action::GiveUp(*task));
            } else {
                actions.push(Action::Run(*task));
            }
        }
        for message in &state.messages {
            actions.extend([Action::Hear(*message), Action::Lose(*message)]);
            if self.heard_twice {
                actions.push(Action::HearAndKeep(*message));
            }
        }
        if state.moves < self.moves {
            actions.extend(DEVICES.map(Action::Move));
        }
        if state.dead.len() < usize::from(self.crashes) {
            actions.extend([Action::Crash(0), Action::Crash(1)]);
        }
        for node in &state.dead {
            if state.pool.values().any(|at| at == node) {
                actions.push(Action::Reap(*node));
            }
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Pair(node, one, other) => state.pair(node, one, other),
            Action::Rejoin(node, device) => state.rejoin(node, device),
            Action::Run(task) => state.run(task),
            Action::GiveUp(task) => state.proceed(task, Step::Abort),
            Action::Hear(message) => {
                state.messages.remove(&message);
                state.hear(message);
            }
            Action::HearAndKeep(message) => state.hear(message),
            // A displaced seat finds out by the next comparison with the directory: such a message is only late.
            Action::Lose(Message::Displaced { .. }) => return None,
            Action::Lose(message) => {
                state.messages.remove(&message);
            }
            Action::Move(device) => state.relocate(device),
            Action::Crash(node) => state.crash(node),
            Action::Reap(node) => state.pool.retain(|_, at| *at != node),
        }
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        rules::properties()
    }
}

impl State {
    /// The pool takes two out, and tells the node that asked.
    fn pair(&mut self, node: Node, one: Device, other: Device) {
        let nodes = [one, other].map(|device| self.pool.remove(&device));
        self.paired.extend([(one, other), (other, one)]);
        self.introduce(node, [one, other], nodes.map(|at| at.unwrap_or(node)));
    }

    fn introduce(&mut self, node: Node, [one, other]: [Device; 2], nodes: [Node; 2]) {
        let session = self.sessions;
        self.sessions += 1;
        let (ours, theirs) = if nodes[0] == node { (one, other) } else { (other, one) };
        let step = if nodes[0] == nodes[1] { Step::ClaimFirst } else { Step::Reserve };
        self.calls.insert(session, Call { stage: Stage::Unwritten, sides: [ours, theirs] });
        self.tasks.insert(Task { node, session, ours, theirs, step });
    }

    /// The pool repeats the pairing it knows of, or lets the ticket wait.
    fn rejoin(&mut self, node: Node, device: Device) {
        match self.paired.get(&device).copied() {
            Some(other) => {
                let there =
                    self.seats.keys().find(|(_, seated)| *seated == other).map_or(1 - node, |(at, _)| *at);
                self.introduce(node, [device, other], [node, there]);
            }
            None => drop(self.pool.insert(device, node)),
        }
    }

    fn seat(&self, node: Node, device: Device) -> Option<Seat> {
        self.seats.get(&(node, device)).copied()
    }

    /// Reserves a seat that waits.
    fn reserve(&mut self, node: Node, device: Device, session: Session) -> bool {
        let free = self.seat(node, device) == Some(Seat::Queued);
        if free {
            self.seats.insert((node, device), Seat::Reserved(session));
        }
        free
    }

    /// Frees a seat that is reserved for this session; false when its device has gone meanwhile.
    fn unreserve(&mut self, node: Node, device: Device, session: Session) -> bool {
        if self.seat(node, device) == Some(Seat::Reserved(session)) {
            self.seats.insert((node, device), Seat::Queued);
        }
        self.seat(node, device).is_some()
    }

    fn claim(&mut self, node: Node, device: Device, session: Session) -> bool {
        let free = self.claims.get(&device).is_none_or(|claimed| *claimed == session);
        let claimed = free && self.places.get(&device) == Some(&node);
        if claimed {
            self.claims.insert(device, session);
        }
        claimed
    }

    fn release(&mut self, device: Device, session: Session) {
        if self.claims.get(&device) == Some(&session) {
            self.claims.remove(&device);
        }
    }

    fn stage(&self, session: Session) -> Stage {
        self.calls.get(&session).map_or(Stage::Unwritten, |call| call.stage)
    }

    fn set(&mut self, session: Session, stage: Stage) {
        if let Some(call) = self.calls.get_mut(&session) {
            call.stage = stage;
        }
    }

    /// The call is live: the seat that was reserved for it takes it. A device that has gone is held, as in any call.
    fn take_seat(&mut self, node: Node, device: Device, session: Session) {
        if self.seat(node, device) == Some(Seat::Reserved(session)) {
            self.seats.insert((node, device), Seat::InCall(session));
        }
    }

    fn proceed(&mut self, task: Task, step: Step) {
        self.tasks.remove(&task);
        self.tasks.insert(Task { step, ..task });
    }

    fn finish(&mut self, task: Task) {
        self.tasks.remove(&task);
    }

    fn undo(&mut self, task: Task, survivor: Option<Device>) {
        self.proceed(task, Step::Undo { survivor });
    }

    fn run(&mut self, task: Task) {
        let Task { node, session, ours, theirs, step } = task;
        let other_node = 1 - node;
        let answer = |live| Message::Answer { to: other_node, session, live };
        match step {
            Step::Reserve if self.reserve(node, ours, session) => self.proceed(task, Step::Claim),
            Step::Claim if self.claim(node, ours, session) => self.proceed(task, Step::Offer),
            Step::Claim => {
                self.unreserve(node, ours, session);
                self.undo(task, Some(theirs));
            }
            Step::Offer => {
                if self.stage(session) == Stage::Unwritten {
                    self.set(session, Stage::Offered);
                }
                self.messages.insert(Message::Offer { to: other_node, session, ours: theirs, theirs: ours });
                self.proceed(task, Step::Await);
            }
            Step::Await => {}
            Step::Abort => {
                let live = self.stage(session) == Stage::Live;
                if !live {
                    self.set(session, Stage::Over);
                }
                self.offered(task, live);
            }
            Step::BeOffered if self.reserve(node, ours, session) => self.proceed(task, Step::BeClaimed),
            Step::BeClaimed if self.claim(node, ours, session) => self.proceed(task, Step::Accept),
            Step::BeOffered | Step::BeClaimed => {
                self.unreserve(node, ours, session);
                self.messages.insert(answer(false));
                self.finish(task);
            }
            Step::Accept => {
                let live = matches!(self.stage(session), Stage::Offered | Stage::Live);
                if live {
                    self.set(session, Stage::Live);
                    self.messages.insert(answer(true));
                    self.take_seat(node, ours, session);
                } else {
                    self.release(ours, session);
                    self.unreserve(node, ours, session);
                }
                self.finish(task);
            }
            Step::ClaimFirst if self.claim(node, ours, session) => self.proceed(task, Step::ClaimSecond),
            Step::Reserve | Step::ClaimFirst => self.undo(task, Some(theirs)),
            Step::ClaimSecond if self.claim(node, theirs, session) => self.proceed(task, Step::TellBoth),
            Step::ClaimSecond => {
                self.release(ours, session);
                self.undo(task, Some(ours));
            }
            Step::TellBoth => self.tell_both(task),
            Step::Undo { survivor } => {
                if self.paired.get(&ours) == Some(&theirs) {
                    self.paired.remove(&ours);
                    self.paired.remove(&theirs);
                    if let Some(device) = survivor {
                        let at = if device == ours {
                            node
                        } else {
                            self.places.get(&device).copied().unwrap_or(node)
                        };
                        self.pool.insert(device, at);
                    }
                }
                self.finish(task);
            }
        }
    }

    /// The offerer knows what its offer came to.
    fn offered(&mut self, task: Task, live: bool) {
        let Task { node, session, ours, .. } = task;
        if live {
            self.take_seat(node, ours, session);
            self.finish(task);
        } else {
            self.release(ours, session);
            let there = self.unreserve(node, ours, session);
            self.undo(task, there.then_some(ours));
        }
    }

    fn tell_both(&mut self, task: Task) {
        let Task { node, session, ours, theirs, .. } = task;
        let waits = [ours, theirs].map(|device| self.seat(node, device) == Some(Seat::Queued));
        if waits == [true, true] && self.stage(session) != Stage::Over {
            self.set(session, Stage::Live);
            self.seats.insert((node, ours), Seat::InCall(session));
            self.seats.insert((node, theirs), Seat::InCall(session));
            self.finish(task);
            return;
        }
        self.set(session, Stage::Over);
        self.release(ours, session);
        self.release(theirs, session);
        let survivor = if waits[0] { Some(ours) } else { Some(theirs).filter(|_| waits[1]) };
        self.undo(task, survivor);
    }

    fn hear(&mut self, message: Message) {
        match message {
            Message::Offer { to, session, ours, theirs } if !self.dead.contains(&to) => {
                self.tasks.insert(Task { node: to, session, ours, theirs, step: Step::BeOffered });
            }
            Message::Answer { to, session, live } => {
                let awaiting =
                    |task: &&Task| task.node == to && task.session == session && task.step == Step::Await;
                if let Some(task) = self.tasks.iter().find(awaiting).copied() {
                    self.offered(task, live);
                }
            }
            Message::Displaced { to, device } => {
                // A seat in a call hands it over; the new node has it from the record.
                self.seats.remove(&(to, device));
                if self.pool.get(&device) == Some(&to) {
                    self.pool.remove(&device);
                }
            }
            Message::Offer { .. } => {}
        }
    }

    /// The device connects to the other node, and takes along the live call it is claimed for. A call that is not live
    /// yet is taken back: the device, which cannot wait for it, joins anew.
    fn relocate(&mut self, device: Device) {
        let Some(old) = self.places.get(&device).copied() else { return };
        let new = 1 - old;
        self.moves += 1;
        self.places.insert(device, new);
        let claimed = self.claims.get(&device).copied();
        let session = claimed.filter(|session| self.stage(*session) == Stage::Live);
        if let (Some(claimed), None) = (claimed, session) {
            self.set(claimed, Stage::Over);
            self.release(device, claimed);
        }
        let seat = session.map_or(Seat::Queued, Seat::InCall);
        self.seats.insert((new, device), seat);
        if seat == Seat::Queued {
            self.pool.insert(device, new);
            self.paired.remove(&device);
        }
        self.messages.insert(Message::Displaced { to: old, device });
    }

    /// What a node holds is gone with it; the peers of its calls are told that they are over.
    fn crash(&mut self, node: Node) {
        self.dead.insert(node);
        let lost: Vec<Device> =
            self.places.iter().filter(|(_, at)| **at == node).map(|(device, _)| *device).collect();
        self.seats.retain(|(at, _), _| *at != node);
        self.tasks.retain(|task| task.node != node);
        for device in lost {
            self.places.remove(&device);
        }
    }
}
