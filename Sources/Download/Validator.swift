import NIOHTTP1

/// What a server calls one state of a file, byte for byte.
struct Validator: Sendable, Hashable {
    /// Where it stands in an answer.
    enum Kind: String {
        case etag
        case modified
    }

    let kind: Kind
    /// What is sent back in `If-Range`.
    let value: String

    /// A validator that was kept.
    init?(kind: Kind, value: String) {
        // It becomes a line of a file and of a request.
        guard value.utf8.count <= 1024, value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        self.kind = kind
        self.value = value
    }

    /// The validator of an answer, if it has one that is good for ranges.
    ///
    /// A weak entity tag says that the bytes may differ. A time of change is good only when the server's clock had
    /// moved on since, or else the file could have changed twice in that second.
    init?(_ headers: HTTPHeaders) {
        if let tag = headers.first(name: "etag") {
            guard tag.utf8.count > 2, tag.hasPrefix("\""), tag.hasSuffix("\"") else { return nil }
            self.init(kind: .etag, value: tag)
            return
        }
        guard let changed = headers.first(name: "last-modified"), let date = headers.first(name: "date"),
            let then = HTTPDate.seconds(changed), let now = HTTPDate.seconds(date), now > then
        else { return nil }
        self.init(kind: .modified, value: changed)
    }

    /// Whether a partial answer is of the same state.
    ///
    /// Such an answer has to repeat an entity tag, and need not repeat the time of change.
    func matches(_ headers: HTTPHeaders) -> Bool {
        switch kind {
        case .etag: headers["etag"] == [value]
        case .modified: headers["last-modified"].allSatisfy { $0 == value }
        }
    }
}
