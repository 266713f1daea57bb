//! Every test of the project, as one binary: the library is linked once.

mod architecture;
mod cases;
mod formats;
mod generate;
mod hostile;
mod identity;
mod inventory;
mod judge;
mod linear;
mod linking;
mod oracle;
mod patterns;
mod program;
mod samples;
mod scope;
mod score;
mod spill;
mod splits;
