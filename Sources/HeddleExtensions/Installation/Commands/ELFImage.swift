import Glibc

/// What the dynamic loader is told by a program or library: read from the file, which is never run.
struct ELFImage: Sendable, Equatable {
    /// The loader, nil for a static program or a library.
    let interpreter: String?
    /// The names of the libraries it needs.
    let needed: [String]
    /// Where it asks for them to be looked for, as written.
    let searchPaths: [String]

    /// Reads a 64-bit little-endian file; nil when it is something else or is damaged.
    init?(path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard let reader = ELFReader(descriptor: descriptor) else { return nil }
        interpreter = reader.interpreter
        (needed, searchPaths) = reader.dynamicStrings()
    }
}

/// Reads the few tables of an ELF file that matter here, with a bound on each.
private struct ELFReader {
    /// One entry of the program header table.
    struct Segment {
        let kind: Int
        let offset: Int
        let address: Int
        let size: Int
    }

    private let descriptor: Int32
    private let segments: [Segment]

    init?(descriptor: Int32) {
        guard let header = HostFile.read(descriptor, from: 0, count: 64), header.count == 64,
            header.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]),
            let tableOffset = Self.number(header, at: 32, size: 8),
            let entrySize = Self.number(header, at: 54, size: 2), entrySize >= 56,
            let count = Self.number(header, at: 56, size: 2), count <= 512,
            let table = HostFile.read(descriptor, from: tableOffset, count: entrySize * count)
        else { return nil }
        self.descriptor = descriptor
        segments = (0..<count)
            .compactMap { index in
                let start = index * entrySize
                guard let kind = Self.number(table, at: start, size: 4),
                    let offset = Self.number(table, at: start + 8, size: 8),
                    let address = Self.number(table, at: start + 16, size: 8),
                    let size = Self.number(table, at: start + 32, size: 8)
                else { return nil }
                return Segment(kind: kind, offset: offset, address: address, size: size)
            }
    }

    /// PT_INTERP.
    var interpreter: String? {
        guard let segment = segments.first(where: { $0.kind == 3 }),
            let bytes = HostFile.read(descriptor, from: segment.offset, count: min(segment.size, 4096))
        else { return nil }
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// DT_NEEDED, and DT_RPATH with DT_RUNPATH, of PT_DYNAMIC.
    func dynamicStrings() -> (needed: [String], searchPaths: [String]) {
        guard let segment = segments.first(where: { $0.kind == 2 }),
            let table = HostFile.read(descriptor, from: segment.offset, count: min(segment.size, 64 << 10))
        else { return ([], []) }
        var entries: [(tag: Int, value: Int)] = []
        for start in stride(from: 0, to: table.count - 15, by: 16) {
            guard let tag = Self.number(table, at: start, size: 8), tag != 0 else { break }
            guard let value = Self.number(table, at: start + 8, size: 8) else { continue }
            entries.append((tag, value))
        }
        guard let address = entries.first(where: { $0.tag == 5 })?.value,
            let offset = fileOffset(of: address),
            let size = entries.first(where: { $0.tag == 10 })?.value,
            let strings = HostFile.read(descriptor, from: offset, count: min(size, 16 << 20))
        else { return ([], []) }
        func texts(_ tags: Set<Int>) -> [String] {
            entries.filter { tags.contains($0.tag) && $0.value < strings.count }
                .map { String(decoding: strings[$0.value...].prefix { $0 != 0 }, as: UTF8.self) }
        }
        let searchPaths = texts([15, 29]).flatMap { $0.split(separator: ":").map(String.init) }
        return (Array(texts([1]).prefix(256)), Array(searchPaths.prefix(64)))
    }

    private func fileOffset(of address: Int) -> Int? {
        for segment in segments where segment.kind == 1 {
            guard address >= segment.address, address - segment.address < segment.size else { continue }
            let (offset, overflows) = segment.offset.addingReportingOverflow(address - segment.address)
            return overflows ? nil : offset
        }
        return nil
    }

    /// A little-endian number that fits into `Int`; larger ones, such as the tags of vendors, are damage or no concern.
    private static func number(_ bytes: [UInt8], at start: Int, size: Int) -> Int? {
        guard start >= 0, start + size <= bytes.count else { return nil }
        var result: UInt64 = 0
        for index in (0..<size).reversed() { result = result << 8 | UInt64(bytes[start + index]) }
        return Int(exactly: result)
    }
}
