//! Time-slicing through `nvidia-smi`: the simulated one, NVIDIA's own, and one that answers what no driver should.

mod answers;
mod policies;

pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;
