/// A source of random bytes, handed to whoever needs an id or a secret.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random bytes. In production they come from the operating system's generator;
    /// an implementation for tests may be deterministic.
    fn fill(&self, bytes: &mut [u8]);
}
