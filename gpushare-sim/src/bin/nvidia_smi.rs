//! What `nvidia-smi compute-policy` answers.

fn main() -> std::process::ExitCode {
    gpushare_sim::nvidia_smi::run()
}
