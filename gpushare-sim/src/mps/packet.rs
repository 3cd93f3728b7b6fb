//! Sockets on which whole messages travel, a file with one of them if need be.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, Shutdown, SocketAddrUnix, SocketFlags, SocketType, UCred, accept_with, bind, connect, listen, recvmsg,
    sendmsg, shutdown, socket_with, sockopt,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest message: a command line, which JSON makes longer by up to five times, and room.
const LONGEST: usize = 64 << 10;
/// As NVIDIA's daemon has it: so many callers connect to a daemon that does nothing.
const BACKLOG: i32 = 128;

fn socket() -> io::Result<OwnedFd> {
    Ok(socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

/// Listens at a path, in the place of whatever dead socket is there.
pub(super) fn listen_at(path: &Path) -> io::Result<OwnedFd> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = socket()?;
    bind(&listener, &SocketAddrUnix::new(path)?)?;
    listen(&listener, BACKLOG)?;
    Ok(listener)
}

/// One end of a connection.
#[derive(Debug)]
pub(super) struct Packets(OwnedFd);

impl AsFd for Packets {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Packets {
    pub(super) fn connect(path: &Path) -> io::Result<Self> {
        let socket = socket()?;
        connect(&socket, &SocketAddrUnix::new(path)?)?;
        Ok(Self(socket))
    }

    pub(super) fn accept(listener: &OwnedFd) -> io::Result<Self> {
        Ok(Self(accept_with(listener, SocketFlags::CLOEXEC)?))
    }

    /// Who is at the other end, by the kernel's word.
    pub(super) fn peer(&self) -> io::Result<UCred> {
        Ok(sockopt::socket_peercred(&self.0)?)
    }

    pub(super) fn send(&self, message: &impl Serialize) -> io::Result<()> {
        self.send_with(message, None)
    }

    /// Sends a message and a file.
    pub(super) fn send_with(&self, message: &impl Serialize, file: Option<BorrowedFd<'_>>) -> io::Result<()> {
        let bytes = serde_json::to_vec(message)?;
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut room);
        let files = file.map(|file| [file]);
        if let Some(files) = &files {
            ancillary.push(SendAncillaryMessage::ScmRights(files));
        }
        sendmsg(&self.0, &[IoSlice::new(&bytes)], &mut ancillary, SendFlags::NOSIGNAL)?;
        Ok(())
    }

    /// The next message; none once the other end says no more.
    pub(super) fn receive<T: DeserializeOwned>(&self) -> io::Result<Option<T>> {
        Ok(self.receive_with()?.map(|(message, _)| message))
    }

    /// The next message, and the file that came with it.
    pub(super) fn receive_with<T: DeserializeOwned>(&self) -> io::Result<Option<(T, Option<OwnedFd>)>> {
        let mut bytes = vec![0; LONGEST];
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut room);
        let received = loop {
            match recvmsg(&self.0, &mut [IoSliceMut::new(&mut bytes)], &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
                Err(rustix::io::Errno::INTR) => {}
                outcome => break outcome?.bytes,
            }
        };
        if received == 0 {
            return Ok(None);
        }
        let file = ancillary.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut files) => files.next(),
            _ => None,
        });
        let message = bytes.get(..received).unwrap_or_default();
        Ok(Some((serde_json::from_slice(message)?, file)))
    }

    /// Says that no more will be sent.
    pub(super) fn end(&self) {
        // Where the other end is gone, it knows.
        let _ = shutdown(&self.0, Shutdown::Write);
    }

    pub(super) fn of(socket: OwnedFd) -> Self {
        Self(socket)
    }
}
