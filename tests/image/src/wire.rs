//! Somebody else on the guest's wire, who says and hears whole Ethernet frames.

use etherparse::icmpv4::DestUnreachableHeader;
use etherparse::{
    ArpHardwareId, ArpOperation, ArpPacket, EtherType, Icmpv4Type, LaxSlicedPacket, NetSlice, PacketBuilder,
    SlicedPacket, TransportSlice,
};
use std::collections::BTreeSet;
use std::io;
use std::net::Ipv4Addr;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Who we are: an address of the guest's network that nobody has, and a locally administered one below it.
const US: ([u8; 6], Ipv4Addr) = ([0x02, 0, 0, 0, 0, 0x77], Ipv4Addr::new(10, 0, 2, 77));
/// From which of our ports.
const FROM: u16 = 40_000;
/// How many ports are knocked at before the answers are heard.
const AT_ONCE: u16 = 128;
/// How long it has to be quiet until nobody answers any more.
const QUIET: Duration = Duration::from_millis(40);

/// Which kind of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Connections are refused with a segment (RST).
    Tcp,
    /// Datagrams are refused with ICMP's "port unreachable" (RFC 1122, 3.2.2.1).
    Udp,
}

/// What a knock at a port was answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Somebody listens.
    Open(u16),
    /// Nobody listens, and it is said so.
    Refused(u16),
}

/// Our end of the wire.
#[derive(Debug)]
pub struct Wire {
    socket: UnixDatagram,
    ours: PathBuf,
    theirs: PathBuf,
}

impl Wire {
    /// A wire whose ends lie in `folder`; the machine is switched on afterwards.
    ///
    /// # Errors
    /// When the socket cannot be had.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let (ours, theirs) = (folder.join("wire.ours"), folder.join("wire.theirs"));
        Ok(Self { socket: UnixDatagram::bind(&ours)?, ours, theirs })
    }

    /// The ends as QEMU names them: its own, ours.
    #[must_use]
    pub fn ends(&self) -> (PathBuf, PathBuf) {
        (self.theirs.clone(), self.ours.clone())
    }

    /// Asks who has an address until somebody answers.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] when nobody does by `deadline`.
    pub fn who_has(&self, address: Ipv4Addr, deadline: Instant) -> io::Result<[u8; 6]> {
        let (mac, ip) = US;
        let question = ArpPacket::new(
            ArpHardwareId::ETHERNET,
            EtherType::IPV4,
            ArpOperation::REQUEST,
            &mac,
            &ip.octets(),
            &[0; 6],
            &address.octets(),
        )
        .map_err(io::Error::other)?;
        let mut frame = Vec::new();
        PacketBuilder::ethernet2(mac, [0xff; 6]).arp(question).write(&mut frame).map_err(io::Error::other)?;
        while Instant::now() < deadline {
            // A machine that is still starting has no end of the wire yet.
            let _ = self.say(&frame);
            while let Some(heard) = self.hear(Duration::from_millis(200))? {
                let sliced = SlicedPacket::from_ethernet(&heard).ok();
                let Some(NetSlice::Arp(arp)) = sliced.and_then(|packet| packet.net) else { continue };
                if arp.operation() == ArpOperation::REPLY && arp.sender_protocol_addr() == address.octets() {
                    return arp.sender_hw_addr().try_into().map_err(io::Error::other);
                }
            }
        }
        Err(io::ErrorKind::TimedOut.into())
    }

    /// Knocks at every one of these ports, and tells who answered how.
    ///
    /// # Errors
    /// When the wire is cut.
    pub fn knock(
        &self,
        at: ([u8; 6], Ipv4Addr),
        kind: Kind,
        ports: impl IntoIterator<Item = u16>,
    ) -> io::Result<BTreeSet<Answer>> {
        let mut answers = BTreeSet::new();
        for (count, port) in (1_u16..=AT_ONCE).cycle().zip(ports) {
            self.say(&knock(at, kind, port)?)?;
            if count == AT_ONCE {
                self.hear_answers(at.1, &mut answers)?;
            }
        }
        self.hear_answers(at.1, &mut answers)?;
        Ok(answers)
    }

    fn hear_answers(&self, from: Ipv4Addr, answers: &mut BTreeSet<Answer>) -> io::Result<()> {
        while let Some(frame) = self.hear(QUIET)? {
            answers.extend(answer(&frame, from));
        }
        Ok(())
    }

    fn say(&self, frame: &[u8]) -> io::Result<()> {
        self.socket.send_to(frame, &self.theirs).map(drop)
    }

    /// The next frame, whoever it is for; `None` when it stays quiet for so long.
    fn hear(&self, quiet: Duration) -> io::Result<Option<Vec<u8>>> {
        self.socket.set_read_timeout(Some(quiet))?;
        let mut frame = vec![0; 2048];
        match self.socket.recv(&mut frame) {
            Ok(length) => {
                frame.truncate(length);
                Ok(Some(frame))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The first segment of a connection (SYN), or a datagram with nothing in it.
fn knock((mac, ip): ([u8; 6], Ipv4Addr), kind: Kind, port: u16) -> io::Result<Vec<u8>> {
    let packet = PacketBuilder::ethernet2(US.0, mac).ipv4(US.1.octets(), ip.octets(), 64);
    let mut frame = Vec::new();
    match kind {
        Kind::Tcp => packet.tcp(FROM, port, u32::from(port), 1024).syn().write(&mut frame, &[]),
        Kind::Udp => packet.udp(FROM, port).write(&mut frame, &[]),
    }
    .map_err(io::Error::other)?;
    Ok(frame)
}

/// What a frame answers to a knock of ours.
fn answer(frame: &[u8], from: Ipv4Addr) -> Option<Answer> {
    let packet = SlicedPacket::from_ethernet(frame).ok()?;
    let Some(NetSlice::Ipv4(ip)) = packet.net else { return None };
    if ip.header().source_addr() != from || ip.header().destination_addr() != US.1 {
        return None;
    }
    match packet.transport? {
        TransportSlice::Tcp(tcp) if tcp.destination_port() == FROM => {
            match (tcp.syn() && tcp.ack(), tcp.rst()) {
                (true, _) => Some(Answer::Open(tcp.source_port())),
                (_, true) => Some(Answer::Refused(tcp.source_port())),
                _ => None,
            }
        }
        TransportSlice::Udp(udp) if udp.destination_port() == FROM => Some(Answer::Open(udp.source_port())),
        TransportSlice::Icmpv4(icmp)
            if icmp.icmp_type() == Icmpv4Type::DestinationUnreachable(DestUnreachableHeader::Port) =>
        {
            // What was refused stands in it, as far as there is room.
            let refused = LaxSlicedPacket::from_ip(icmp.payload()).ok()?;
            let Some(TransportSlice::Udp(udp)) = refused.transport else { return None };
            (udp.source_port() == FROM).then(|| Answer::Refused(udp.destination_port()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEM: ([u8; 6], Ipv4Addr) = ([0x52, 0x54, 0, 0x12, 0x34, 0x56], Ipv4Addr::new(10, 0, 2, 15));

    /// Somebody at the other end who has port 22 open and refuses port 80, whatever the kind.
    fn somebody(socket: &UnixDatagram, to: &Path) {
        let mut frame = [0; 2048];
        while let Ok(length) = socket.recv(&mut frame) {
            let packet = SlicedPacket::from_ethernet(&frame[..length]).expect("a frame");
            let mut answer = Vec::new();
            match (packet.net, packet.transport) {
                (Some(NetSlice::Arp(arp)), _) => {
                    assert_eq!(arp.target_protocol_addr(), THEM.1.octets());
                    let reply = ArpPacket::new(
                        ArpHardwareId::ETHERNET,
                        EtherType::IPV4,
                        ArpOperation::REPLY,
                        &THEM.0,
                        &THEM.1.octets(),
                        &US.0,
                        &US.1.octets(),
                    );
                    let reply = PacketBuilder::ethernet2(THEM.0, US.0).arp(reply.expect("a reply"));
                    reply.write(&mut answer).expect("a frame");
                }
                (_, Some(TransportSlice::Tcp(tcp)))
                    if tcp.syn() && [22, 80].contains(&tcp.destination_port()) =>
                {
                    let port = tcp.destination_port();
                    let reply = PacketBuilder::ethernet2(THEM.0, US.0)
                        .ipv4(THEM.1.octets(), US.1.octets(), 64)
                        .tcp(port, tcp.source_port(), 1, 1024);
                    let reply = if port == 22 { reply.syn().ack(23) } else { reply.rst().ack(81) };
                    reply.write(&mut answer, &[]).expect("a frame");
                }
                (Some(NetSlice::Ipv4(ip)), Some(TransportSlice::Udp(udp))) => {
                    let reply = PacketBuilder::ethernet2(THEM.0, US.0);
                    let reply = reply.ipv4(THEM.1.octets(), US.1.octets(), 64);
                    match udp.destination_port() {
                        22 => reply.udp(22, udp.source_port()).write(&mut answer, b"!").expect("a frame"),
                        80 => {
                            let refused = DestUnreachableHeader::Port;
                            let asked = [ip.header().slice(), udp.slice()].concat();
                            let reply = reply.icmpv4(Icmpv4Type::DestinationUnreachable(refused));
                            reply.write(&mut answer, &asked).expect("a frame");
                        }
                        _ => continue,
                    }
                }
                _ => continue,
            }
            socket.send_to(&answer, to).expect("the wire");
        }
    }

    #[test]
    fn who_answers_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let wire = Wire::new(folder.path()).expect("a wire");
        let (theirs, ours) = wire.ends();
        let socket = UnixDatagram::bind(theirs).expect("the other end");
        std::thread::spawn(move || somebody(&socket, &ours));
        let mac = wire.who_has(THEM.1, Instant::now() + Duration::from_secs(20)).expect("somebody");
        assert_eq!(mac, THEM.0);
        for kind in [Kind::Tcp, Kind::Udp] {
            let found = wire.knock((mac, THEM.1), kind, 1..=1000).expect("the wire");
            assert_eq!(found, BTreeSet::from([Answer::Open(22), Answer::Refused(80)]), "{kind:?}");
        }
    }

    #[test]
    fn nobody_is_no_answer() {
        let folder = tempfile::tempdir().expect("a folder");
        let wire = Wire::new(folder.path()).expect("a wire");
        let nobody = wire.who_has(THEM.1, Instant::now() + Duration::from_millis(300));
        assert_eq!(nobody.expect_err("nobody").kind(), io::ErrorKind::TimedOut);
    }
}
