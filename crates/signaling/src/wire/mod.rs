//! What nodes say to each other, as bytes.
//!
//! Nodes of two versions run side by side during a deploy: a message of an unknown kind, or one with more behind the
//! fields that are known, is no error. Fields are only ever added at a message's end.

mod codec;
mod message;
mod notice;
mod parcel;
mod record;

pub use message::{Legacy, Mark, Message, Waiting};
pub use notice::Notice;
pub use parcel::{Header, Parcel, notice_parcel};
