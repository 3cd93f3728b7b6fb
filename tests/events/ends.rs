//! How the waiting ends: by its time, by a stop, with its session and with the GPU.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use gpushare::{ErrorKind, EventKinds, EventSet, Events, GpuEvent};

use crate::{BOTH, Outcome, start, told};

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(3600);

/// Has a thread begin to wait, does something, and gives what the thread came to.
fn while_waiting<T: Send + 'static>(wait: impl FnOnce() -> T + Send + 'static, act: impl FnOnce()) -> Outcome<T> {
    let (begins, began) = mpsc::channel();
    let waiting = thread::spawn(move || {
        let _ = begins.send(());
        wait()
    });
    began.recv()?;
    // Most likely inside the driver by now; what is asserted holds in any case.
    thread::sleep(Duration::from_millis(20));
    act();
    waiting.join().map_err(|_| "a panic".into())
}

#[test]
fn a_wait_ends_with_the_event() -> Outcome {
    let (machine, nvml) = start("1xT4")?;
    let events = nvml.watch(EventKinds::XID)?;
    let waiting = while_waiting(move || events.wait(LONG), || machine.inject_xid(0, 31, None, None).expect("a GPU"))?;
    assert!(waiting?.is_some());
    Ok(())
}

#[test]
fn a_wait_ends_with_its_time() -> Outcome {
    let (_machine, nvml) = start("1xT4")?;
    let events = nvml.watch(EventKinds::XID)?;
    for timeout in [Duration::ZERO, Duration::from_nanos(1), Duration::from_millis(3), Duration::from_millis(101)] {
        let start = std::time::Instant::now();
        assert_eq!(events.wait(timeout)?, None);
        assert!(start.elapsed() >= timeout, "{timeout:?}");
    }
    assert!(!events.is_stopped());
    Ok(())
}

#[test]
fn a_stop_ends_every_thread_and_loses_nothing() -> Outcome {
    let (machine, nvml) = start("1xT4")?;
    let events = nvml.watch(EventKinds::XID)?;
    let stopper = events.stopper();
    let (one, two) = (events.clone(), events.iter());
    let ends = while_waiting(
        move || {
            thread::scope(|scope| {
                let (one, two) = (scope.spawn(|| one.wait(LONG)), scope.spawn(|| two.count()));
                (one.join(), two.join())
            })
        },
        || stopper.clone().stop(),
    )?;
    assert!(matches!(ends, (Ok(Ok(None)), Ok(0))), "{ends:?}");
    machine.inject_xid(0, 31, None, None)?;
    assert!(stopper.is_stopped() && events.is_stopped());
    assert_eq!((events.wait(LONG)?, events.iter().count()), (None, 0), "for good");
    assert_eq!(told(&events)?.len(), 1, "what the driver keeps can be had");
    Ok(())
}

#[test]
fn a_closed_session_ends_the_wait() -> Outcome {
    let (_machine, nvml) = start("1xT4")?;
    let events = nvml.watch(EventKinds::XID)?;
    let waiting = events.clone();
    let error = while_waiting(move || waiting.wait(LONG), || nvml.close().expect("a shutdown"))?.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    let error = events.poll().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    assert!(error.to_string().starts_with("event set is stale: "), "{error}");
    assert_eq!(nvml.watch(EventKinds::XID).unwrap_err().kind(), ErrorKind::Stale);
    Ok(())
}

#[test]
fn an_iterator_keeps_its_set_alive() -> Outcome {
    let (machine, nvml) = start("1xT4")?;
    let mut events = nvml.watch(EventKinds::XID)?.iter();
    drop(nvml);
    machine.inject_xid(0, 31, None, None)?;
    assert_eq!(events.next().ok_or("an item")??.kind, gpushare::EventKind::Xid(31));
    Ok(())
}

/// The next items of an iterator, up to its end.
fn items(events: Events) -> Vec<Result<String, ErrorKind>> {
    events.map(|item| item.map(|event: GpuEvent| event.kind.to_string()).map_err(|error| error.kind())).collect()
}

#[test]
fn a_lost_gpu_is_told_and_then_ends_the_iteration() -> Outcome {
    let (machine, nvml) = start("2xA100-SXM4-40GB")?;
    let events = nvml.watch(BOTH)?;
    machine.lose_gpu(0)?;
    // What a driver answers from then on, again and again and at once.
    machine.set_faults(["nvmlEventSetWait_v2#2+=GPU_IS_LOST".parse()?])?;
    assert_eq!(items(events.iter()), [Ok("XID 79".into()), Err(ErrorKind::GpuLost)]);
    assert_eq!(items(events.iter()), [Err(ErrorKind::GpuLost)]);
    machine.clear_faults()?;

    // Who goes on without it learns what happens to the others.
    assert_eq!(
        EventSet::new(&[events.registered().next().ok_or("a GPU")?.0.clone()], BOTH).unwrap_err().kind(),
        ErrorKind::GpuLost
    );
    let left = nvml.watch(BOTH)?;
    assert_eq!(left.registered().map(|(gpu, _)| gpu.index()).collect::<Vec<_>>(), [1]);
    machine.inject_xid(1, 31, None, None)?;
    assert_eq!(told(&left)?.len(), 1);
    Ok(())
}

#[test]
fn the_event_of_a_lost_gpu_has_its_handle() -> Outcome {
    let (machine, nvml) = start("1xA100-SXM4-40GB")?;
    let gpu = nvml.gpu(0)?;
    let events = nvml.watch(EventKinds::XID)?;
    machine.lose_gpu(0)?;
    let event = events.poll()?.ok_or("an event")?;
    assert_eq!((&event.gpu, event.to_string()), (&gpu, format!("XID 79 on GPU 0 ({})", gpu.uuid())));
    assert_eq!(event.mig_devices().unwrap_err().kind(), ErrorKind::GpuLost);
    Ok(())
}
