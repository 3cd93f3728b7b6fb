//! A stand-in for a CUDA program that uses MPS.

fn main() -> std::process::ExitCode {
    gpushare_sim::mps::client()
}
