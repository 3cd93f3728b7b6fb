//! The simulated `nvidia-cuda-mps-server`, which the control daemon starts.

fn main() -> std::process::ExitCode {
    gpushare_sim::mps::server()
}
