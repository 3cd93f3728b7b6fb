//! The capacity that a snapshot computes is the one that the driver would answer.

use crate::stage::{Node, Numbers, Outcome, change};

/// Boards with different geometries: seven slices with and without a larger 1g, four slices, twelve memory slices.
const BOARDS: [&str; 4] = ["A100-SXM4-40GB", "H200", "A30", "RTX-PRO-6000"];
const STEPS: u32 = 400;

#[test]
fn capacity_is_what_the_driver_says() -> Outcome {
    for board in BOARDS {
        let Node { nvml, .. } = &Node::of(&format!("1x{board}"))?;
        let (gpu, observer) = (nvml.gpu(0)?, nvml.observer()?);
        gpu.set_mig_mode(true)?;
        let profiles = gpu.gpu_instance_profiles()?;
        let mut numbers = Numbers(7);
        let mut full = 0;
        for _ in 0..STEPS {
            change(&gpu, &mut numbers)?;
            let snapshot = observer.snapshot()?;
            let now = &snapshot.gpus[0];
            if now.mig_enabled == Some(false) {
                assert!(now.capacity.is_empty());
                continue;
            }
            let told: Vec<_> =
                profiles.iter().map(|profile| gpu.remaining_capacity(profile)).collect::<Result<_, _>>()?;
            let computed: Vec<_> = now.capacity.iter().map(|profile| profile.free).collect();
            assert_eq!(computed, told, "{board} with {:?}", now.gpu_instances);
            full += u32::from(computed.iter().all(|free| *free == 0));
            for (profile, capacity) in profiles.iter().zip(&*now.capacity) {
                assert_eq!(
                    (&*profile.name, profile.id, profile.max_instances),
                    (&*capacity.profile, capacity.id, capacity.total)
                );
            }
        }
        assert!(full > 0, "{board}: also a full GPU is among what was looked at");
    }
    Ok(())
}
