import Glibc
import HeddleModel

/// Reads a log again after a stop.
struct LogReader {
    /// What a log had to say.
    struct Outcome {
        /// Where the last whole record ends: what is behind it was never acknowledged.
        var length = 0
        var lastSequence: UInt64 = 0
        /// Places before the end whose bytes are not those that were written.
        var damages: [Int] = []
    }

    let path: String
    let vectorBytes: Int

    /// Calls the body with each whole record, in order.
    ///
    /// A record that was torn by a crash is the last: with a whole one behind it, it is damage.
    func read(_ body: (UInt64, LogRecord) throws(HeddleError) -> Void) throws(HeddleError) -> Outcome {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw FileAccess.failure("open", path, errno) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw FileAccess.failure("fstat", path, errno) }
        let size = Int(status.st_size)
        guard size > 0 else { return Outcome() }
        guard let place = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), place != MAP_FAILED else {
            throw FileAccess.failure("mmap", path, errno)
        }
        defer { munmap(place, size) }
        return try read(UnsafeRawBufferPointer(start: place, count: size), body)
    }

    private func read(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (UInt64, LogRecord) throws(HeddleError) -> Void
    ) throws(HeddleError) -> Outcome {
        var outcome = Outcome()
        var offset = 0
        var damage: Int?
        while offset + LogRecord.headerBytes <= bytes.count {
            guard let (sequence, record, end) = record(at: offset, of: bytes),
                outcome.lastSequence == 0 || sequence > outcome.lastSequence
            else {
                damage = damage ?? offset
                offset += 8
                continue
            }
            if let place = damage {
                outcome.damages.append(place)
                damage = nil
            }
            try body(sequence, record)
            outcome.lastSequence = sequence
            outcome.length = min(end, bytes.count)
            offset = end
        }
        return outcome
    }

    private func record(at offset: Int, of bytes: UnsafeRawBufferPointer) -> (UInt64, LogRecord, Int)? {
        guard bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self) == LogRecord.magic else { return nil }
        let length = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
        let sequence = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
        let start = offset + LogRecord.headerBytes
        guard Int(length) <= bytes.count - start else { return nil }
        let body = UnsafeRawBufferPointer(rebasing: bytes[start..<start + Int(length)])
        let checksum = LogRecord.checksum(length, sequence, body.bytes)
        guard checksum == bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt32.self),
            let record = LogRecord(body: body, vectorBytes: vectorBytes)
        else { return nil }
        return (sequence, record, (start + Int(length) + 7) / 8 * 8)
    }
}
