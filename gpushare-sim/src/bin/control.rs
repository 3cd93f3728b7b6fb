//! The simulated `nvidia-cuda-mps-control`.

fn main() -> std::process::ExitCode {
    gpushare_sim::mps::control()
}
