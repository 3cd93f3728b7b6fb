//! Waiting for events of the real driver: none is expected meanwhile.

use std::thread;
use std::time::{Duration, Instant};

use gpushare::{ErrorKind, EventKinds};

use crate::stage::{Outcome, real_gpu};

#[test]
#[ignore = "needs a real GPU: make hardware"]
fn a_wait_lasts_its_time() -> Outcome {
    let (nvml, gpu) = real_gpu()?;
    assert!(gpu.supported_events()?.contains(EventKinds::XID));
    let events = nvml.watch(EventKinds::XID)?;
    while events.poll()?.is_some() {}
    for timeout in [0, 3, 150].map(Duration::from_millis) {
        let begin = Instant::now();
        assert_eq!(events.wait(timeout)?, None);
        assert!(begin.elapsed() >= timeout, "{timeout:?}");
    }
    Ok(())
}

#[test]
#[ignore = "needs a real GPU: make hardware"]
fn a_stop_and_a_closed_session_end_a_wait() -> Outcome {
    const LONG: Duration = Duration::from_secs(3600);
    let (nvml, _) = real_gpu()?;
    let [stopped, closed] = [nvml.watch(EventKinds::XID)?, nvml.watch(EventKinds::XID)?];
    let stopper = stopped.stopper();
    let waits = [thread::spawn(move || stopped.wait(LONG)), thread::spawn(move || closed.wait(LONG))];
    // Most likely both are inside the driver by now.
    thread::sleep(Duration::from_millis(50));
    stopper.stop();
    let [first, second] = waits;
    assert_eq!(first.join().map_err(|_| "a panic")??, None);
    nvml.close()?;
    let ended = second.join().map_err(|_| "a panic")?;
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::Stale);
    Ok(())
}
