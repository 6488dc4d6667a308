use std::time::Duration;

/// Is told of every command, to count and time them.
pub trait Observer: Send + Sync {
    /// A command was answered, or failed, after `took`. `name` is one of a few constants: the script's name, or the
    /// command's in lower case.
    fn command(&self, name: &'static str, took: Duration, ok: bool);
}

/// Counts nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn command(&self, _name: &'static str, _took: Duration, _ok: bool) {}
}
