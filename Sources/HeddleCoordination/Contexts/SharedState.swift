import Crypto
package import HeddleModel
package import JSON

/// The document that the participants of a context share, in one version.
package struct SharedState: Sendable {
    /// Largest document, in bytes.
    package static let largest = 8 << 20

    package let document: JSONDocument
    /// Counts the changes; zero is the empty object that every context begins with.
    package let version: Int
    package let checksum: String
    package let updatedAt: Timestamp?
    package let updatedBy: String?

    /// The document of a context whose state nobody has touched.
    static func empty() throws(HeddleError) -> SharedState {
        SharedState(try parse(Array("{}".utf8)), version: 0, updatedAt: nil, updatedBy: nil)
    }

    /// A new version; its checksum is made here.
    init(_ document: JSONDocument, version: Int, updatedAt: Timestamp?, updatedBy: String?) {
        self.init(
            document,
            version: version,
            checksum: Self.checksum(document),
            updatedAt: updatedAt,
            updatedBy: updatedBy
        )
    }

    /// A version as it is stored.
    init(_ document: JSONDocument, version: Int, checksum: String, updatedAt: Timestamp?, updatedBy: String?) {
        self.document = document
        self.version = version
        self.checksum = checksum
        self.updatedAt = updatedAt
        self.updatedBy = updatedBy
    }

    /// SHA-256 of the canonical form, so that two documents that say the same have the same checksum.
    ///
    /// The form is that of `JSONView.appendCanonical`: members by the bytes of their names, no blanks, numbers as an exact
    /// mantissa and exponent (`1.5` is `15e-1`), since those of RFC 8785 are doubles.
    private static func checksum(_ document: JSONDocument) -> String {
        var canonical: [UInt8] = []
        canonical.reserveCapacity(document.bytes.count)
        document.root.appendCanonical(to: &canonical)
        let digest = SHA256.hash(data: canonical)
            .map { byte in
                let text = String(byte, radix: 16)
                return text.count == 1 ? "0" + text : text
            }
        return "sha256:" + digest.joined()
    }

    /// Scans a document that Heddle stored.
    static func parse(_ bytes: [UInt8]) throws(HeddleError) -> JSONDocument {
        do throws(JSONError) {
            return try JSONDocument(bytes)
        } catch {
            throw HeddleError(.internalError, "a stored state is not JSON", cause: error)
        }
    }

    /// The state as clients see it.
    package func bytes(of context: Context.ID) -> [UInt8] {
        var writer = JSONWriter(capacity: document.bytes.count + 256)
        writer.beginObject()
        writer.name("context_id")
        writer.string(context.rawValue)
        writeHead(to: &writer)
        writer.name("document")
        writer.raw(document.root)
        writer.endObject()
        return writer.bytes
    }

    /// Writes the members that tell of the version.
    package func writeHead(to writer: inout JSONWriter) {
        writer.name("version")
        writer.integer(version)
        writer.name("checksum")
        writer.string(checksum)
        writer.time("updated_at", updatedAt)
        writer.name("updated_by")
        if let updatedBy { writer.string(updatedBy) } else { writer.null() }
    }
}
