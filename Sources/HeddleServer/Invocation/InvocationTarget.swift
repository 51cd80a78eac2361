import HTTPTypes

/// The capability that a request calls, read from its head.
struct InvocationTarget: Sendable, Equatable {
    let extensionName: String
    let capability: String

    private static let prefix = "/api/v1/extensions/"
    private static let middle = "/capabilities/"
    private static let suffix = "/invoke"

    /// Recognises a plain call; nil for everything that needs the router: queries, escapes, bodies of unknown or great
    /// length, expectations, and connections that are to be closed.
    init?(_ head: HTTPRequest, largestBody: Int) {
        let fields = head.headerFields
        guard head.method == .post, let path = head.path, path.hasPrefix(Self.prefix), path.hasSuffix(Self.suffix),
            !path.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "%") }),
            let length = fields[.contentLength].flatMap(Int.init), (0...largestBody).contains(length),
            fields[.connection].map({ $0.lowercased() == "keep-alive" }) ?? true, fields[.expect] == nil,
            fields[.transferEncoding] == nil
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
