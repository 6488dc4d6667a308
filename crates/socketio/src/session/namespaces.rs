//! Who is joined where.

use std::sync::Arc;

/// Namespaces a connection may be in, those it just left included.
const MAX: usize = 32;

#[derive(Debug)]
struct Entry<S> {
    name: Arc<str>,
    /// None: the server took the socket out; what the client sent before it heard of that is ignored.
    socket: Option<S>,
}

/// The namespaces of one connection, with a value for each.
#[derive(Debug)]
pub struct Namespaces<S> {
    entries: Vec<Entry<S>>,
}

/// What a connection has under a name.
#[derive(Debug)]
pub enum Lookup<'a, S> {
    /// It is joined.
    Joined(&'a mut S),
    /// The server took it out a moment ago: the packet crossed the DISCONNECT and is to be ignored.
    Left,
    /// It never was there, or left by itself: the packet is an offence.
    Unknown,
}

impl<S> Default for Namespaces<S> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<S> Namespaces<S> {
    /// Whether no namespace is joined.
    pub fn is_empty(&self) -> bool {
        self.entries.iter().all(|entry| entry.socket.is_none())
    }

    /// Whether one more name fits: a connection may not hold an unlimited number.
    pub fn has_room(&self, name: &str) -> bool {
        self.entries.len() < MAX || self.entries.iter().any(|entry| &*entry.name == name)
    }

    /// What is known of `name`.
    pub fn lookup(&mut self, name: &str) -> Lookup<'_, S> {
        match self.entries.iter_mut().find(|entry| &*entry.name == name) {
            Some(Entry { socket: Some(socket), .. }) => Lookup::Joined(socket),
            Some(_) => Lookup::Left,
            None => Lookup::Unknown,
        }
    }

    /// Enters `name` with its socket; answers a former one, which the caller should have excluded.
    pub fn join(&mut self, name: Arc<str>, socket: S) -> Option<S> {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.name == name) {
            return entry.socket.replace(socket);
        }
        self.entries.push(Entry { name, socket: Some(socket) });
        None
    }

    /// The client left `name`.
    pub fn leave(&mut self, name: &str) -> Option<S> {
        let at = self.entries.iter().position(|entry| &*entry.name == name)?;
        self.entries.swap_remove(at).socket
    }

    /// The server takes out the first socket that `which` picks; its name is remembered as just left.
    pub fn expel(&mut self, which: impl Fn(&S) -> bool) -> Option<S> {
        self.entries
            .iter_mut()
            .find(|entry| entry.socket.as_ref().is_some_and(&which))
            .and_then(|entry| entry.socket.take())
    }

    /// The joined sockets.
    pub fn iter(&self) -> impl Iterator<Item = &S> {
        self.entries.iter().filter_map(|entry| entry.socket.as_ref())
    }

    /// Takes out every socket, when the connection ends.
    pub fn drain(&mut self) -> impl Iterator<Item = S> {
        std::mem::take(&mut self.entries).into_iter().filter_map(|entry| entry.socket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_that_crosses_the_servers_disconnect_is_told_from_an_offence() {
        let mut spaces = Namespaces::default();
        assert!(matches!(spaces.lookup("/"), Lookup::Unknown));
        spaces.join("/".into(), 7);
        assert!(matches!(spaces.lookup("/"), Lookup::Joined(7)));
        assert_eq!(spaces.expel(|&socket| socket == 7), Some(7));
        assert!(matches!(spaces.lookup("/"), Lookup::Left));
        assert!(spaces.is_empty());
        assert_eq!(spaces.join("/".into(), 8), None);
        assert_eq!(spaces.leave("/"), Some(8));
        assert!(matches!(spaces.lookup("/"), Lookup::Unknown));
    }

    #[test]
    fn the_number_of_names_is_bounded() {
        let mut spaces = Namespaces::default();
        for number in 0..MAX {
            let name = format!("/{number}");
            assert!(spaces.has_room(&name));
            spaces.join(name.into(), number);
            spaces.expel(|_| true);
        }
        assert!(!spaces.has_room("/one-more"));
        assert!(spaces.has_room("/0"));
    }

    #[test]
    fn draining_yields_only_the_joined() {
        let mut spaces = Namespaces::default();
        spaces.join("/a".into(), 1);
        spaces.join("/b".into(), 2);
        spaces.expel(|&socket| socket == 1);
        assert_eq!(spaces.drain().collect::<Vec<_>>(), [2]);
        assert!(spaces.is_empty());
    }
}
