use video_chat_kernel::{DeviceId, Timestamp};

use super::codec::{Reader, Writer};

/// What every node has to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A device is blocked.
    Blocked {
        /// The device.
        device: DeviceId,
        /// Until when; `None`: until lifted.
        until: Option<Timestamp>,
    },
    /// A block was lifted.
    Lifted {
        /// The device.
        device: DeviceId,
    },
}

const BLOCKED: u8 = 1;
const LIFTED: u8 = 2;

impl Notice {
    pub(super) fn write(&self, writer: &mut Writer) {
        match self {
            Self::Blocked { device, until } => {
                writer.u8(BLOCKED).text(device.as_str()).optional(until.map(Timestamp::as_millis))
            }
            Self::Lifted { device } => writer.u8(LIFTED).text(device.as_str()),
        };
    }

    pub(super) fn read(mut reader: Reader<'_>) -> Option<Self> {
        match reader.u8()? {
            BLOCKED => {
                let device = reader.device()?;
                Some(Self::Blocked { device, until: reader.optional().ok()?.map(Timestamp::from_millis) })
            }
            LIFTED => Some(Self::Lifted { device: reader.device()? }),
            _ => None,
        }
    }
}
