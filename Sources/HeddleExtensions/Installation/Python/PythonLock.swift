/// Requirements that repeat an installation exactly: name, version and hash of each wheel, one a line.
struct PythonLock: Sendable {
    /// More than any extension depends on.
    static let mostWheels = 1000
    private static let mostBytes = 1 << 20

    let wheels: [PythonWheel]

    /// Makes the lock of what was installed.
    init(_ wheels: [PythonWheel]) {
        self.wheels = wheels.sorted { $0.distribution < $1.distribution }
            .map { PythonWheel(distribution: $0.distribution, version: $0.version, digest: $0.digest) }
    }

    /// Reads a lock as ``text`` writes it; nil for a text with anything else that pip would obey, and for a line without SHA-256.
    init?(_ text: String) {
        let lines = text.split(separator: "\n")
        guard !lines.isEmpty, lines.count <= Self.mostWheels, text.utf8.count <= Self.mostBytes else { return nil }
        var wheels: [PythonWheel] = []
        for line in lines {
            let words = line.split(separator: " ")
            guard words.count == 2, let separator = words[0].firstRange(of: "=="),
                words[1].hasPrefix("--hash=sha256:"),
                let digest = PackageDigest(.sha256, hex: String(words[1].dropFirst(14)))
            else { return nil }
            let name = String(words[0][..<separator.lowerBound])
            let version = String(words[0][separator.upperBound...])
            guard Self.isPlain(name), Self.isPlain(version) else { return nil }
            let distribution = PythonRequirement.normalized(name)
            wheels.append(PythonWheel(distribution: distribution, version: version, digest: digest))
        }
        guard Set(wheels.map(\.distribution)).count == wheels.count else { return nil }
        self.init(wheels)
    }

    /// The lock as it is kept.
    var text: String { wheels.map(\.requirement).joined() }

    /// Whether a text is a name or a version and nothing more.
    static func isPlain(_ text: String) -> Bool {
        guard let first = text.first, first.isLetter || first.isNumber, text.utf8.count <= 256 else { return false }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.+!".contains($0)) }
    }
}
