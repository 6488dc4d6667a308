//! What the nodes of one process share: the reference for the other adapters, and what several gateways in one test meet on.

mod bus;
mod calls;
mod directory;
mod leases;

pub use bus::MemoryBus;
pub use calls::MemoryCalls;
pub use directory::MemoryDirectory;
pub use leases::MemoryLeases;
