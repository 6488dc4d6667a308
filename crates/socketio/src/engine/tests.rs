//! Tests of the Engine.IO codec.
