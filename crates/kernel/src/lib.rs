//! The words two or more domains share, and nothing that behaves.
//!
//! Ids ([`DeviceId`], [`SessionId`], [`PeerAlias`], [`NodeId`]), instants ([`Timestamp`]), the two ambient
//! things every rule takes as an argument instead of reaching for them ([`Clock`], [`Entropy`]), the one
//! error every port answers when its backend is away ([`Unavailable`]) and [`Secret`], which cannot be
//! printed by accident.
//!
//! ```
//! use video_chat_kernel::{DeviceId, Timestamp};
//!
//! let device = DeviceId::parse("phone-1").unwrap();
//! assert_eq!(device.as_str(), "phone-1");
//! assert_eq!(format!("{device:?}"), "DeviceId(…)"); // a device id never reaches a log line in clear
//! assert_eq!(Timestamp::from_millis(1_500).as_secs(), 1);
//! ```

mod device;
mod entropy;
mod id;
mod secret;
mod time;
mod unavailable;

pub use device::{DeviceId, InvalidDeviceId};
pub use entropy::Entropy;
pub use id::{InvalidId, NodeId, PeerAlias, SessionId};
pub use secret::Secret;
pub use time::{Clock, Timestamp};
pub use unavailable::Unavailable;
