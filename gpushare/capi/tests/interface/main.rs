//! The C interface as a whole, read from the sources that export it: the header, the ABI, what it covers, and what it does with NULL.

mod abi;
mod calls;
mod coverage;
mod header;
mod numbers;
mod surface;
