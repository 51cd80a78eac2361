/// Builds tar files byte by byte, right ones and wrong ones.
enum Tar {
    /// How the numbers of a header are written.
    enum Mark: String {
        case posix = "ustar\u{0}00"
        case gnu = "ustar  \u{0}"
        case none = ""
    }

    /// The end mark.
    static let end = [UInt8](repeating: 0, count: 1024)

    /// A header of 512 bytes with a right sum.
    static func header(
        _ name: String,
        flag: Character = "0",
        size: Int = 0,
        mode: String = "0000644",
        link: String = "",
        mark: Mark = .posix,
        prefix: String = "",
        sizeField: [UInt8]? = nil,
        nameField: [UInt8]? = nil,
        isSigned: Bool = false
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: some Collection<UInt8>, at offset: Int) {
            block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        put(nameField ?? Array(name.utf8), at: 0)
        put(mode.utf8, at: 100)
        put("0000000\u{0}0000000\u{0}".utf8, at: 108)
        put(sizeField ?? Array(octal(size, digits: 11).utf8), at: 124)
        put("00000000000\u{0}        ".utf8, at: 136)
        block[156] = flag.asciiValue ?? 0
        put(link.utf8, at: 157)
        put(mark.rawValue.utf8, at: 257)
        put(prefix.utf8, at: 345)
        return summed(block, isSigned: isSigned)
    }

    /// The same header with the sum that it should have.
    static func summed(_ header: [UInt8], isSigned: Bool = false) -> [UInt8] {
        var header = header
        header.replaceSubrange(148..<156, with: "        ".utf8)
        let sum = header.reduce(0) { $0 + (isSigned ? Int(Int8(bitPattern: $1)) : Int($1)) }
        header.replaceSubrange(148..<156, with: Array((octal(sum, digits: 6) + "\u{0} ").utf8))
        return header
    }

    static func file(_ name: String, _ content: String = "", mode: String = "0000644") -> [UInt8] {
        header(name, size: content.utf8.count, mode: mode) + padded(Array(content.utf8))
    }

    static func folder(_ name: String) -> [UInt8] { header(name, flag: "5", mode: "0000755") }

    /// A pax header with records.
    static func pax(_ records: [(String, String)], flag: Character = "x") -> [UInt8] {
        pax(records.flatMap { record($0, $1) }, flag: flag)
    }

    static func pax(_ content: [UInt8], flag: Character = "x") -> [UInt8] {
        header("PaxHeader", flag: flag, size: content.count) + padded(content)
    }

    /// A name or a link in the manner of GNU tar.
    static func long(_ text: String, flag: Character = "L") -> [UInt8] {
        let content = Array(text.utf8) + [0]
        return header("././@LongLink", flag: flag, size: content.count, mark: .gnu) + padded(content)
    }

    /// A number in binary.
    static func binary(_ number: Int, sign: UInt8 = 0x80) -> [UInt8] {
        [sign, 0, 0, 0] + withUnsafeBytes(of: UInt64(number).bigEndian, Array.init)
    }

    static func padded(_ content: [UInt8]) -> [UInt8] {
        content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count + 1
        while "\(length)".utf8.count + rest.utf8.count != length { length += 1 }
        return Array("\(length)\(rest)".utf8)
    }

    private static func octal(_ number: Int, digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
