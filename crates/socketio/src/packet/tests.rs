//! Tests of the Socket.IO codec.
