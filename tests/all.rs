//! Every test of the project, as one binary: the library is linked once.

// A test that cannot run says so.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod architecture;
mod bad_input;
mod beside;
mod cases;
mod decoys;
mod end_to_end;
mod exchange;
mod explain;
mod formats;
mod generate;
mod hostile;
mod identity;
mod inside;
mod inventory;
mod judge;
mod leaks;
mod linear;
mod lines;
mod linking;
mod linking_rows;
mod moto;
mod oracle;
mod parquet;
mod patterns;
mod program;
mod promises;
mod refresh;
mod resume;
mod s3;
mod samples;
mod scope;
mod score;
mod shortcuts;
mod simd;
mod spill;
mod splits;
mod states;
mod store_server;
mod stores;
mod witness;
