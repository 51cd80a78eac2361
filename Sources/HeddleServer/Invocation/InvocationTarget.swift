import HTTPTypes

/// The capability that a request calls, read from its path.
struct InvocationTarget: Sendable, Equatable {
    let extensionName: String
    let capability: String

    private static let prefix = "/api/v1/extensions/"
    private static let middle = "/capabilities/"
    private static let suffix = "/invoke"

    /// Reads the path of a call; nil for every other one, and for those with queries and escapes.
    init?(_ path: String) {
        guard path.hasPrefix(Self.prefix), path.hasSuffix(Self.suffix),
            !path.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "%") })
        else { return nil }
        let inner = path.utf8.dropFirst(Self.prefix.utf8.count).dropLast(Self.suffix.utf8.count)
        guard let slash = inner.firstIndex(of: UInt8(ascii: "/")), slash > inner.startIndex,
            inner[slash...].starts(with: Self.middle.utf8)
        else { return nil }
        let capability = inner[slash...].dropFirst(Self.middle.utf8.count)
        guard !capability.isEmpty, !capability.contains(UInt8(ascii: "/")) else { return nil }
        self.extensionName = String(Substring(inner[..<slash]))
        self.capability = String(Substring(capability))
    }
}

extension HTTPField.Name {
    /// Makes a request that is sent again have the answer of the first time.
    static let idempotencyKey = HTTPField.Name("Idempotency-Key") ?? .cookie
    /// Says that an answer was given before.
    static let idempotencyReplayed = HTTPField.Name("Idempotency-Replayed") ?? .cookie
}
